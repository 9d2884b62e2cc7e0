"""Where verifiers and chains have bn254 addition."""

import pytest

from statements.errors import ChainError, CircuitError
from verifier_gen.choices import ChainLayout
from veristake.contracts_tool.precompiles import check_calls, check_layout

ETHEREUM = "staticcall(gas(), 0x06, 0x00) staticcall(gas(), 0x07, 0x00) staticcall(gas(), 0x08, 0x00)"
SUBTENSOR = ETHEREUM.replace("0x06", "0x9")


def test_check_calls_takes_a_verifier_of_its_layout():
    check_calls(ETHEREUM, ChainLayout.ETHEREUM)
    check_calls(SUBTENSOR, ChainLayout.SUBTENSOR)


@pytest.mark.parametrize(
    ("source", "layout"),
    [
        (ETHEREUM, ChainLayout.SUBTENSOR),
        (SUBTENSOR, ChainLayout.ETHEREUM),
        (ETHEREUM + SUBTENSOR, ChainLayout.ETHEREUM),
        ("", ChainLayout.ETHEREUM),
    ],
)
def test_check_calls_other_than_the_manifests_are_refused(source, layout):
    with pytest.raises(CircuitError, match="bn254 addition at 0x0"):
        check_calls(source, layout)


@pytest.mark.parametrize(
    ("chain_id", "layout", "other", "addition"),
    [
        (1, ChainLayout.ETHEREUM, ChainLayout.SUBTENSOR, 6),
        (31337, ChainLayout.ETHEREUM, ChainLayout.SUBTENSOR, 6),
        (964, ChainLayout.SUBTENSOR, ChainLayout.ETHEREUM, 9),
        (945, ChainLayout.SUBTENSOR, ChainLayout.ETHEREUM, 9),
    ],
)
def test_check_layout_each_chain_takes_its_own_only(chain_id, layout, other, addition):
    check_layout(chain_id, layout)
    with pytest.raises(ChainError, match=f"chain {chain_id} has it at 0x0{addition}"):
        check_layout(chain_id, other)
