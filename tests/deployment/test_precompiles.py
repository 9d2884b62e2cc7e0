"""The probe of the bn254 precompiles: on a real Anvil, and on py-evm with the Subtensor EVM's layout."""

import pytest
from eth.abc import ComputationAPI
from eth.vm.forks.prague import PragueVM
from eth_tester import EthereumTester, PyEVMBackend
from eth_utils import to_canonical_address
from web3 import EthereumTesterProvider, Web3

from statements.errors import ChainError
from tests.deployment.support import anvil
from verifier_gen.choices import ChainLayout
from veristake.contracts_tool.precompiles import check_precompiles

BASE_COMPUTATION = PragueVM._state_class.computation_class


def address(number):
    return to_canonical_address(f"0x{number:040x}")


def silent(computation: ComputationAPI) -> ComputationAPI:
    """Subtensor's dispatch precompile, asked for anything that is no call of its runtime: succeeds, returns nothing."""
    computation.output = b""
    return computation


def chain_with(**changes):
    """An in-process chain; keyword ``at_6=None`` takes a precompile away."""
    precompiles = dict(BASE_COMPUTATION.get_precompiles())
    for name, precompile in changes.items():
        place = address(int(name.removeprefix("at_")))
        if precompile is None:
            del precompiles[place]
        else:
            precompiles[place] = precompile
    computation = type("Computation", (BASE_COMPUTATION,), {"_precompiles": precompiles})
    state = type("State", (PragueVM._state_class,), {"computation_class": computation})
    vm = type("Vm", (PragueVM,), {"_state_class": state})
    return Web3(EthereumTesterProvider(EthereumTester(PyEVMBackend(vm_configuration=((0, vm),)))))


@pytest.fixture(scope="module")
def subtensor():
    """Addition at 0x09; 0x06 succeeds and returns nothing."""
    addition = BASE_COMPUTATION.get_precompiles()[address(6)]
    return chain_with(at_6=silent, at_9=addition)


def test_check_precompiles_anvil_has_ethereums_layout():
    with anvil(31337) as (_, web3):
        check_precompiles(web3, ChainLayout.ETHEREUM)
        with pytest.raises(ChainError, match=r"precompile 0x09 \(bn254 addition\)"):
            check_precompiles(web3, ChainLayout.SUBTENSOR)


def test_check_precompiles_unchanged_py_evm_has_ethereums_layout():
    check_precompiles(chain_with(), ChainLayout.ETHEREUM)


def test_check_precompiles_subtensor_takes_its_own_layout(subtensor):
    check_precompiles(subtensor, ChainLayout.SUBTENSOR)


def test_check_precompiles_subtensor_refuses_ethereums_layout_with_the_reason(subtensor):
    with pytest.raises(ChainError, match=r"precompile 0x06 \(bn254 addition\) answers \(nothing\)"):
        check_precompiles(subtensor, ChainLayout.ETHEREUM)


@pytest.mark.parametrize(("missing", "name"), [(5, "modular"), (6, "addition"), (7, "multiplication"), (8, "pairing")])
def test_check_precompiles_missing_one_is_named(missing, name):
    with pytest.raises(ChainError, match=rf"0x0{missing} \(.*{name}.*\) answers \(nothing\)"):
        check_precompiles(chain_with(**{f"at_{missing}": None}), ChainLayout.ETHEREUM)
