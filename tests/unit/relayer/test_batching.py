"""Which jobs share a transaction, and how their calls are put into it."""

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from eth_abi import decode, encode
from eth_utils.crypto import keccak
from hypothesis import given

from relayer.batching import answers_all, batch_of, packs
from statements.job import Job, JobKind

MULTICALL = "0x" + "00" * 19 + "CA"
TARGET = "0x" + "00" * 19 + "F1"


def job(number: int, calldata: str = "0x1234") -> Job:
    return Job(kind=JobKind.SUBMIT, statement_id=f"0x{number:064x}", chain_id=1, target=TARGET, calldata=calldata)


def test_batch_of_calls_everything_in_order_and_lets_nothing_fail() -> None:
    batch = batch_of([job(1, "0x01"), job(2, "0x02")], chain_id=1, multicall=MULTICALL)
    data = bytes.fromhex(batch.calldata[2:])
    assert data[:4] == keccak(text="aggregate3((address,bool,bytes)[])")[:4]
    (calls,) = decode(["(address,bool,bytes)[]"], data[4:])
    assert calls == ((TARGET.lower(), False, b"\x01"), (TARGET.lower(), False, b"\x02"))
    assert (batch.kind, batch.target.lower()) == (JobKind.BATCH, MULTICALL.lower())


def test_batch_of_other_jobs_or_other_calldata_is_another_batch() -> None:
    made = [
        batch_of(jobs, chain_id=1, multicall=MULTICALL).key
        for jobs in ([job(1), job(2)], [job(2), job(1)], [job(1), job(3)], [job(1), job(2, "0x99")])
    ]
    assert len(set(made)) == 4


@given(st.lists(st.integers(21_000, 20_000_000), max_size=60), st.integers(1, 20_000_000), st.integers(1, 20))
def test_packs_cover_all_in_order_within_cap_and_number(gas: list[int], cap: int, most: int) -> None:
    found = packs(gas, cap=cap, most=most)
    assert [index for pack in found for index in pack] == list(range(len(gas)))
    for pack in found:
        assert 1 <= len(pack) <= most
        assert len(pack) == 1 or sum(gas[index] for index in pack) <= cap
    for pack, following in pairwise(found):
        # none is split without need
        assert len(pack) == most or sum(gas[index] for index in pack) + gas[following[0]] > cap


@pytest.mark.parametrize(
    ("results", "whole"),
    [([(True, b""), (True, b"x")], True), ([(True, b"")], False), ([(True, b""), (False, b"")], False), ([], False)],
)
def test_answers_all_wants_a_success_of_each_call(results: list[tuple[bool, bytes]], whole: bool) -> None:
    assert answers_all(encode(["(bool,bytes)[]"], [results]), 2) is whole


@pytest.mark.parametrize("answer", [b"", b"\0" * 31, b"\0" * 32, b"\xff" * 64])
def test_answers_all_something_else_than_multicall_does_not(answer: bytes) -> None:
    assert not answers_all(answer, 2)
