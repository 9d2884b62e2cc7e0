"""Rewriting of the generated verifier: what it replaces is counted, and a template that has changed is refused."""

import pytest

from statements.errors import CircuitError
from verifier_gen.chain_layout import for_chain
from verifier_gen.choices import ChainLayout

TEMPLATE = """
                ret := and(success, staticcall(gas(), 0x05, gp_mptr, 0xc0, gp_mptr, 0x20))
                ret := and(success, staticcall(gas(), 0x06, 0x00, 0x80, 0x00, 0x40))
                ret := and(success, staticcall(gas(), 0x07, 0x00, 0x60, 0x00, 0x40))
                ret := and(success, staticcall(gas(), 0x06, add(0x80, vka_end), 0x80, add(0x80, vka_end), 0x40))
                ret := and(success, staticcall(gas(), 0x07, 0x80, 0x60, 0x80, 0x40))
                ret := and(success, staticcall(gas(), 0x08, 0x00, 0x180, 0x00, 0x20))
"""


def test_for_chain_ethereum_changes_nothing() -> None:
    assert for_chain(TEMPLATE, ChainLayout.ETHEREUM) == TEMPLATE


def test_for_chain_subtensor_moves_additions_and_checks_every_answer() -> None:
    rewritten = for_chain(TEMPLATE, ChainLayout.SUBTENSOR)
    assert "0x06" not in rewritten
    assert rewritten.count("staticcall(gas(), 0x09,") == 2
    lines = rewritten.strip().splitlines()
    sizes = ["0x20", "0x40", "0x40", "0x40", "0x40", "0x20"]
    assert [line.strip() for line in lines[1::2]] == [f"ret := and(ret, eq(returndatasize(), {s}))" for s in sizes]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0x08, 0x00", "0x07, 0x00"),
        ("and(success, staticcall(gas(), 0x05", "and(ok, staticcall(gas(), 0x05"),
        ("staticcall(gas(), 0x06, 0x00", "staticcall(gas(),  0x06, 0x00"),
        ("0x180, 0x00, 0x20))", "0x180, 0x00, 0x20)) // pairing"),
        ("\n                ret := and(success, staticcall(gas(), 0x08, 0x00, 0x180, 0x00, 0x20))", ""),
    ],
    ids=["another address", "another name", "another spelling", "another ending", "one call less"],
)
def test_for_chain_template_that_has_changed_is_refused(old: str, new: str) -> None:
    changed = TEMPLATE.replace(old, new, 1)
    assert changed != TEMPLATE
    with pytest.raises(CircuitError, match="template has changed"):
        for_chain(changed, ChainLayout.SUBTENSOR)


@pytest.mark.parametrize("call", ["staticcall(gas(), 0x02, 0, 0, 0, 0)", "delegatecall(gas(), a, 0, 0, 0, 0)"])
def test_for_chain_template_with_one_more_call_is_refused(call: str) -> None:
    with pytest.raises(CircuitError, match="7 calls"):
        for_chain(TEMPLATE + f"pop({call})", ChainLayout.SUBTENSOR)


@pytest.mark.parametrize("opcode", ["blobbasefee()", "blobhash(0)"])
def test_for_chain_template_with_blob_opcodes_is_refused(opcode: str) -> None:
    with pytest.raises(CircuitError, match="blob opcodes"):
        for_chain(TEMPLATE + opcode, ChainLayout.SUBTENSOR)
