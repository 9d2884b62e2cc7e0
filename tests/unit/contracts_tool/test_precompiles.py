"""Where verifiers and chains have bn254 addition."""

import pytest

from statements.errors import ChainError, CircuitError
from verifier_gen.choices import ChainLayout
from veristake.contracts_tool.precompiles import addition_of_verifier, check_layout

ETHEREUM = "staticcall(gas(), 0x06, 0x00) staticcall(gas(), 0x07, 0x00) staticcall(gas(), 0x08, 0x00)"
SUBTENSOR = ETHEREUM.replace("0x06", "0x9")


def test_addition_of_verifier_is_where_its_source_calls():
    assert addition_of_verifier(ETHEREUM, ChainLayout.ETHEREUM) == 6
    assert addition_of_verifier(SUBTENSOR, ChainLayout.SUBTENSOR) == 9


@pytest.mark.parametrize(
    ("source", "layout"),
    [
        (ETHEREUM, ChainLayout.SUBTENSOR),
        (SUBTENSOR, ChainLayout.ETHEREUM),
        (ETHEREUM + SUBTENSOR, ChainLayout.ETHEREUM),
        ("", ChainLayout.ETHEREUM),
    ],
)
def test_addition_of_verifier_other_than_the_manifests_is_refused(source, layout):
    with pytest.raises(CircuitError, match="bn254 addition at 0x0"):
        addition_of_verifier(source, layout)


@pytest.mark.parametrize(("chain_id", "addition"), [(1, 6), (31337, 6), (964, 9), (945, 9)])
def test_check_layout_each_chain_takes_its_own_only(chain_id, addition):
    check_layout(chain_id, addition)
    with pytest.raises(ChainError, match=f"chain {chain_id} has it at 0x0{addition}"):
        check_layout(chain_id, 15 - addition)
