"""Random sequences of what can happen to a relayer, on a real chain: each call lands at most once, all ends, as told.

The model is small: which jobs there are, and which of them anybody may put on the chain. The chain's own counts, its
blocks and the account's nonces are compared with it; the relayer's database is only asked which state it claims.
"""

import asyncio
import tempfile
from collections.abc import Callable
from typing import Any, ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import event
from sqlalchemy.orm import Session

from relayer.outbox.views import AttemptView
from relayer.policy_settings import ChainPolicy
from relayer.settings import FinalitySettings
from relayer.states import EFFECTIVE, GIVEN_UP, AttemptKind, JobState
from statements.errors import ChainError
from tests.integration.relayer_rig import EVERY_TIME, MULTICALL, ONCE, SEND, BareChain, Rig
from tests.integration.rpc_proxy import Fault, RpcProxy

DEPTH = 3
"""Blocks on top that make a block final; no reorganisation goes deeper."""
BASE_FEE = 10**9
EXPIRY_SECONDS = 3_600
MOST_JOBS = 6
HOURLY_BUDGET = 400_000 * BASE_FEE
"""Enough for three jobs of the target at the base fee, at their worst."""
FAULTS: dict[str, Callable[[], Fault]] = {
    "send lost": lambda: Fault(SEND, drop=True, times=1),
    "answer to a send lost": lambda: Fault(SEND, error=(-32000, "internal error"), forward=True, times=1),
    "already known": lambda: Fault(SEND, error=(-32000, "already known"), forward=True, times=1),
    "nonce too low": lambda: Fault(SEND, error=(-32000, "nonce too low"), times=1),
    "underpriced": lambda: Fault(SEND, error=(-32000, "replacement transaction underpriced"), times=1),
    "call refused": lambda: Fault("eth_call", error=(-32000, "header not found"), times=1),
    "estimate lost": lambda: Fault("eth_estimateGas", drop=True, times=1),
    "receipt denied": lambda: Fault("eth_getTransactionReceipt", change=lambda *_: None, times=1),
    "nonce denied": lambda: Fault("eth_getTransactionCount", status=503, times=1),
    "rate limit": lambda: Fault(status=429, times=1),
    "head lost": lambda: Fault("eth_getBlockByNumber", drop=True, times=1),
}


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it, and nothing after it is done."""


class Machine(RuleBasedStateMachine):
    """One relayer with a key of its own; each example begins with an empty chain."""

    chain: ClassVar[BareChain]
    proxy: ClassVar[RpcProxy]

    def __init__(self) -> None:
        super().__init__()
        self.modes: dict[int, int] = {}
        self.cancelled: dict[int, set[int]] = {}
        self.folder = tempfile.TemporaryDirectory()

    @initialize(batches=st.booleans(), budget=st.booleans())
    def begin(self, batches: bool, budget: bool) -> None:
        self.chain.ask("anvil_reset")
        self.proxy.faults.clear()
        finality = FinalitySettings(mode="depth", depth=DEPTH)
        changes: dict[str, object] = {
            "finality": finality,
            "bump_seconds": 60.0,
            "maximum_fee_per_gas_wei": 10**13,
            "requests_per_second": (1000.0,),
        }
        if batches:
            self.chain.add_multicall()
            changes["multicall"] = MULTICALL
        self.has_budget = budget
        if budget:
            changes["policy"] = ChainPolicy(budget_per_hour_wei=HOURLY_BUDGET)
        self.rig = Rig(self.chain, f"sqlite:///{self.folder.name}/relayer.db", (self.proxy.url,), changes)
        self.chain.mine(DEPTH)
        self.add(ONCE, expires=False)
        self.add(EVERY_TIME, expires=False)

    def teardown(self) -> None:
        if hasattr(self, "rig"):
            try:
                self.settle()
            finally:
                self.rig.close()
        self.folder.cleanup()

    def jobs_in(self, *states: JobState) -> list[int]:
        return [job.id for job in self.rig.calls() if job.state in states]

    def transaction_of(self, job_id: int) -> int:
        """The job that has the transaction: its batch, or itself."""
        job = next(job for job in self.rig.jobs() if job.id == job_id)
        return job.batch_id or job_id

    def newest(self, job_id: int) -> AttemptView:
        return self.rig.attempts(self.transaction_of(job_id))[-1]

    def pick(self, data: Any, *states: JobState) -> int | None:
        found = self.jobs_in(*states)
        return data.draw(st.sampled_from(found)) if found else None

    def look(self, seconds: float) -> None:
        """A step whose failure the writer's loop would log and wait out."""
        self.rest()
        try:
            self.rig.step(seconds=seconds)
        except (ChainError, TypeError, KeyError, AttributeError):
            self.rig.restart()

    def rest(self) -> None:
        """The endpoint's pauses are over; a test does not wait for them."""
        for endpoint in self.rig.parts.chain.endpoints:
            endpoint.health.limited_until = endpoint.health.shunned_until = 0.0

    @precondition(lambda self: len(self.modes) < MOST_JOBS)
    @rule(mode=st.sampled_from([ONCE, EVERY_TIME]), expires=st.booleans())
    def queue(self, mode: int, expires: bool) -> None:
        self.add(mode, expires)
        self.look(61.0)

    def add(self, mode: int, expires: bool) -> None:
        deadline = float(self.chain.now + EXPIRY_SECONDS) if expires else None
        (job,) = self.rig.queue(mode=mode, expires_at=deadline)
        self.modes[job] = mode

    @rule(seconds=st.sampled_from([10.0, 61.0, 700.0]))
    def step(self, seconds: float) -> None:
        self.look(seconds)

    @rule(blocks=st.integers(1, DEPTH))
    def mine(self, blocks: int) -> None:
        self.chain.mine(blocks)

    @rule(blocks=st.integers(1, 2))
    def land(self, blocks: int) -> None:
        self.look(61.0)
        self.chain.mine(blocks)
        self.look(61.0)

    @rule()
    def time_passes(self) -> None:
        self.chain.pass_time(EXPIRY_SECONDS)

    @rule(depth=st.integers(1, DEPTH))
    def reorganise(self, depth: int) -> None:
        self.chain.ask("anvil_reorg", depth, [])

    @rule(depth=st.integers(1, DEPTH), again=st.booleans())
    def land_and_reorganise(self, depth: int, again: bool) -> None:
        self.land(1)
        self.chain.ask("anvil_reorg", depth, [])
        if again:
            self.land(1)

    @rule(data=st.data())
    def drop(self, data: Any) -> None:
        job = self.pick(data, JobState.SENT)
        if job is not None:
            self.chain.ask("anvil_dropTransaction", self.newest(job).hash)
            self.look(10.0)

    @rule(forgotten=st.booleans())
    def use_the_key_elsewhere(self, forgotten: bool) -> None:
        transaction = self.send_with_the_key(self.count("pending"))
        if len(self.modes) < MOST_JOBS:
            # takes the nonce after that one
            self.add(EVERY_TIME, expires=False)
        self.look(61.0)
        if forgotten:
            self.chain.ask("anvil_dropTransaction", transaction)

    @rule(data=st.data())
    def take_the_nonce_elsewhere(self, data: Any) -> None:
        """Somebody with the key puts another transaction in the place of ours."""
        job = self.pick(data, JobState.SENT)
        if job is not None:
            self.take_the_nonce_of(job)

    def take_the_nonce_of(self, job: int) -> None:
        if job in self.jobs_in(JobState.SENT) and self.newest(job).nonce == self.count("latest"):
            self.send_with_the_key(self.newest(job).nonce)
            self.chain.mine()
            self.look(61.0)

    def count(self, tag: str) -> int:
        return int(self.chain.ask("eth_getTransactionCount", self.rig.account.address, tag), 16)

    def send_with_the_key(self, nonce: int) -> str:
        fees = {"gas": 21_000, "maxFeePerGas": 10**13, "maxPriorityFeePerGas": 10**12, "type": 2}
        other = {"to": "0x" + "11" * 20, "value": 1, "nonce": nonce, "chainId": self.chain.chain_id}
        signed = self.rig.account.sign_transaction({**other, **fees})
        return str(self.chain.ask(SEND, "0x" + signed.raw_transaction.hex()))

    @rule(times=st.sampled_from([1, 10]))
    def base_fee_jumps(self, times: int) -> None:
        self.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(times * BASE_FEE))
        self.chain.mine()

    @rule(fault=st.sampled_from(sorted(FAULTS)))
    def endpoint_fails(self, fault: str) -> None:
        self.proxy.faults.append(FAULTS[fault]())
        self.look(61.0)

    @rule(after=st.booleans())
    def kill_at_a_send(self, after: bool) -> None:
        really_send = self.rig.parts.chain.send

        async def send(raw: bytes) -> Any:
            if after:
                await really_send(raw)
            raise Killed

        self.rig.parts.chain.send = send  # type: ignore[method-assign]
        self.die()

    @rule(commits=st.integers(0, 3))
    def kill_at_a_commit(self, commits: int) -> None:
        left = [commits]

        def die(_: Session) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed

        event.listen(Session, "before_commit", die)
        try:
            self.die()
        finally:
            event.remove(Session, "before_commit", die)

    def die(self) -> None:
        self.rest()
        self.rig.now += 61.0

        async def run() -> None:
            try:
                await self.rig.parts.writer.turn(asyncio.Event())
            except (Killed, ChainError, TypeError, KeyError, AttributeError):
                return

        self.rig.runner.run(run())
        self.rig.restart()

    @rule()
    def restart(self) -> None:
        self.rig.restart()

    @rule(data=st.data(), then=st.sampled_from(["waits", "lands", "nonce taken"]))
    def cancel(self, data: Any, then: str) -> None:
        job = self.pick(data, JobState.QUEUED, JobState.SENT)
        if job is not None:
            self.rig.desk.cancel(job)
            self.cancelled[job] = self.nonces(job)
            self.look(61.0)
            if then == "lands":
                self.chain.mine()
                self.look(61.0)
            elif then == "nonce taken":
                self.take_the_nonce_of(job)

    def nonces(self, job: int) -> set[int]:
        return {attempt.nonce for attempt in self.rig.attempts(job)}

    @rule(data=st.data())
    def bump(self, data: Any) -> None:
        job = self.pick(data, JobState.SENT)
        if job is not None:
            self.rig.desk.bump(job)
            if self.newest(job).kind != AttemptKind.CANCEL:
                # the later wish counts, for all that share the transaction
                mine = self.transaction_of(job)
                self.cancelled = {
                    each: found for each, found in self.cancelled.items() if self.transaction_of(each) != mine
                }
            self.look(10.0)

    @rule(data=st.data())
    def retry(self, data: Any) -> None:
        job = self.pick(data, *GIVEN_UP)
        if job is not None:
            self.rig.desk.retry(job)
            self.cancelled.pop(job, None)

    @rule(data=st.data())
    def competitor_is_first(self, data: Any) -> None:
        found = [job for job in self.rig.calls() if self.modes[job.id] == ONCE]
        if found:
            job = data.draw(st.sampled_from(found))
            self.rig.compete(job.id)
            self.chain.mine()

    @invariant()
    def nothing_lands_twice(self) -> None:
        if self.modes:
            assert max(self.rig.tally()) <= 1

    @invariant()
    def cancelled_jobs_get_no_other_nonce(self) -> None:
        for job, nonces in self.cancelled.items():
            assert self.nonces(job) == nonces, job

    @invariant()
    def nonces_have_no_gap_in_blocks(self) -> None:
        if self.modes:
            assert [int(each["nonce"], 16) for each in self.rig.sent()] == list(range(self.count("latest")))

    def settle(self) -> None:
        """The weather clears up: everything ends, and the chain holds exactly what the relayer says that it does."""
        self.proxy.faults.clear()
        self.rest()
        self.rig.restart()
        self.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(BASE_FEE))
        self.chain.mine()
        self.rig.finish(40, chain_seconds=600 if self.has_budget else 0)
        for job, count in zip(self.rig.calls(), self.rig.tally(), strict=True):
            if job.state in EFFECTIVE or self.modes[job.id] == EVERY_TIME:
                assert count == int(job.state in EFFECTIVE), job
        assert self.count("latest") == self.count("pending")
        self.nonces_have_no_gap_in_blocks()
        self.cancelled_jobs_get_no_other_nonce()
