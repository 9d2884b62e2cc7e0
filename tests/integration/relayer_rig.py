"""A relayer's writer on a bare chain with a cheap target: where the verifier is not the point."""

import asyncio
import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_utils.crypto import keccak
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from web3 import HTTPProvider, Web3

from relayer.assembly import ChainParts, build_chain
from relayer.keys import KeystoreSigner
from relayer.outbox.database import open_database
from relayer.outbox.models import JobRow
from relayer.outbox.operator_store import OperatorStore
from relayer.outbox.transitions import record
from relayer.outbox.views import AttemptView, JobView, Views
from relayer.settings import ChainSettings, FinalitySettings
from relayer.states import IN_FLIGHT, SETTLED, JobState
from tests.integration.forge_artifacts import artifact
from tests.integration.relayer_chain import PROJECT, AsksAnvil, free_port, wait_until
from veristake.toolchain import find_tool, tool_environment

ONCE, EVERY_TIME, REFUSED = 1, 0, 2
"""Modes of the target: refuse what is recorded already as RiskFeed does, count every call, refuse as a frozen one."""
DEPTH = 2
SEND = "eth_sendRawTransaction"
MULTICALL = "0xcA11bde05977b3631167028862bE2a173976CA11"
_NUMBERS = itertools.count(1)


def _target_code() -> str:
    """``count[word 0] += 1``; as word 1 says, it reverts with Frozen, or AlreadyRecorded when that is not 0 before."""
    errors = ("AlreadyRecorded(bytes32,address,uint32)", "Frozen(bytes32,uint16)")
    reverts = ["5b63" + keccak(text=error)[:4].hex() + "60e01b60005260046000fd" for error in errors]
    refuse = f"60203560{REFUSED:02x}14" + "60{1:02x}57"
    body = refuse + "6000358054" + "8060203502" + "60{0:02x}57" + "60010190" + "5500"
    first = len(bytes.fromhex(body.format(0, 0)))
    return "0x" + body.format(first, first + len(reverts[0]) // 2) + "".join(reverts)


@dataclass(frozen=True)
class BareChain(AsksAnvil):
    """Anvil that mines only when told to."""

    url: str
    chain_id: int
    web3: Web3

    @property
    def height(self) -> int:
        return int(self.ask("eth_blockNumber"), 16)

    @property
    def now(self) -> int:
        """Time of the newest block: the chain's clock, which is not the relayer's."""
        return int(self.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def pass_time(self, seconds: int) -> None:
        """Let the chain's time pass; a block tells it."""
        self.ask("evm_increaseTime", seconds)
        self.mine()

    def add_multicall(self) -> None:
        """Put Multicall3 at its address, with the calls that batches make."""
        self.ask("anvil_setCode", MULTICALL, artifact("MockMulticall3")["deployedBytecode"]["object"])

    def transactions(self, sender: str, since: int = 0) -> list[dict[str, Any]]:
        """An account's transactions, counted from the chain's blocks."""
        found = []
        for number in range(since, self.height + 1):
            block = self.ask("eth_getBlockByNumber", hex(number), True)
            found += [each for each in block["transactions"] if each["from"].lower() == sender.lower()]
        return found


@contextmanager
def bare_chain(chain_id: int = 31337, *arguments: str) -> Iterator[BareChain]:
    port = free_port()
    command = [str(find_tool("anvil", PROJECT)), "--port", str(port), "--chain-id", str(chain_id), "--silent"]
    process = subprocess.Popen([*command, "--no-mining", *arguments], env=tool_environment(PROJECT))
    try:
        url = f"http://127.0.0.1:{port}"
        web3 = Web3(HTTPProvider(url))
        wait_until(web3.is_connected, "anvil does not start")
        yield BareChain(url, chain_id, web3)
    finally:
        process.terminate()
        process.wait(10)


@dataclass
class Rig:
    """One writer with a clock that the test sets; with a key and a target of its own: several share a chain."""

    chain: BareChain
    state_url: str
    endpoints: tuple[str, ...] = ()
    changes: dict[str, object] = field(default_factory=dict)
    number: int = field(default_factory=lambda: next(_NUMBERS))
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.account = Account.from_key(keccak(text=f"relayer {self.number} {self.state_url}"))
        self.target = Web3.to_checksum_address(keccak(text=f"target {self.number} {self.state_url}")[-20:])
        self.chain.ask("anvil_setCode", self.target, _target_code())
        self.fund(10**20)
        self.since = self.chain.height
        self.engine: Engine = open_database(self.state_url)
        self.runner = asyncio.Runner()
        self.parts: ChainParts = self._build()

    def fund(self, wei: int) -> None:
        self.chain.ask("anvil_setBalance", self.account.address, hex(wei))

    def _build(self) -> ChainParts:
        settings = ChainSettings(
            name="bare",
            chain_id=self.chain.chain_id,
            endpoints=self.endpoints or (self.chain.url,),
            risk_feed=self.target,
            keystore=Path("none"),
            password_file=Path("none"),
            finality=FinalitySettings(mode="depth", depth=DEPTH),
            rpc_timeout_seconds=2.0,
        ).model_copy(update=self.changes)
        signer = KeystoreSigner(self.account)
        return build_chain(settings, self.engine, signer, clock=lambda: self.now)

    def queue(self, count: int = 1, *, mode: int = EVERY_TIME, expires_at: float | None = None) -> list[int]:
        """Jobs that call the target, each with another first word."""
        before = len(self.jobs())
        for _ in range(count):
            self.queue_as(self.target, mode=mode, expires_at=expires_at)
        return [job.id for job in self.jobs()[before:]]

    def queue_as(self, target: str, *, mode: int, expires_at: float | None = None, statement: str | None = None) -> str:
        """A job that calls a target; returns its statement, which another relayer may be given too."""
        statement = statement or "0x" + keccak(text=f"statement {next(_NUMBERS)} {self.state_url}").hex()
        with Session(self.engine) as session, session.begin():
            row = JobRow(
                key=f"{self.chain.chain_id}:submit:{statement}",
                kind="submit",
                statement_id=statement,
                chain_id=self.chain.chain_id,
                target=target,
                calldata=f"{statement}{mode:064x}",
                state=JobState.QUEUED,
                taken_at=self.now,
                expires_at=expires_at,
            )
            session.add(row)
            session.flush()
            record(session, row, old=None, at=self.now, reason="queued by a test")
        return statement

    def step(self, count: int = 1, *, mine: int = 0, seconds: float = 10.0) -> None:
        """Looks at the chain, each followed by so many blocks."""
        for _ in range(count):
            self.now += seconds
            self.runner.run(self.parts.writer.turn(asyncio.Event()))
            if mine:
                self.chain.mine(mine)

    def finish(self, steps: int = 12, *, chain_seconds: int = 0) -> None:
        """Steps with blocks between them, and so much of the chain's time, until every job is settled."""
        for _ in range(steps):
            if all(job.state in SETTLED for job in self.jobs()):
                return
            self.step(mine=1, seconds=61.0)
            if chain_seconds:
                self.chain.pass_time(chain_seconds)
        raise AssertionError(f"not settled: {[(job.id, job.state, job.error) for job in self.jobs()]}")

    def restart(self) -> None:
        self.stop()
        self.parts = self._build()

    def stop(self) -> None:
        self.runner.run(self.parts.chain.close())
        self.parts.writer.release()

    def close(self) -> None:
        self.stop()
        self.runner.close()
        self.engine.dispose()

    @property
    def desk(self) -> OperatorStore:
        return OperatorStore(self.engine, lambda: self.now)

    def jobs(self) -> list[JobView]:
        return list(Views(self.engine, {}).jobs(limit=10_000).jobs[::-1])

    def has_open_jobs(self) -> bool:
        with Session(self.engine) as session:
            open_jobs = select(JobRow.id).where(JobRow.state.in_(IN_FLIGHT | {JobState.QUEUED})).limit(1)
            return session.scalar(open_jobs) is not None

    def counts(self) -> dict[str, int]:
        with Session(self.engine) as session:
            counted = select(JobRow.state, func.count()).group_by(JobRow.state)
            return {state: count for state, count in session.execute(counted)}

    def queue_finished(self, count: int) -> None:
        """Jobs of the past, with their transactions and history."""
        with Session(self.engine) as session, session.begin():
            for number in range(count):
                statement = "0x" + keccak(text=f"finished {number} {self.state_url}").hex()
                row = JobRow(
                    key=f"{self.chain.chain_id}:submit:{statement}",
                    kind="submit",
                    statement_id=statement,
                    chain_id=self.chain.chain_id,
                    target=self.target,
                    calldata="0x" + "00" * 3000,
                    state=JobState.FINALIZED,
                    taken_at=self.now,
                )
                session.add(row)
                session.flush()
                record(session, row, old=None, at=self.now, reason="finished long ago")

    def states(self) -> list[str]:
        return [str(job.state) for job in self.jobs()]

    def history(self, job_id: int) -> list[str]:
        return [str(event.new) for event in Views(self.engine, {}).job(job_id).events]

    def attempts(self, job_id: int) -> list[AttemptView]:
        return list(Views(self.engine, {}).job(job_id).attempts)

    def calls(self) -> list[JobView]:
        """The jobs that stand for a call of their own, which batches do not."""
        return [job for job in self.jobs() if job.kind != "batch"]

    def tally(self) -> list[int]:
        """How often each job's call is on the chain, by the target's own count."""
        words = [job.statement_id for job in self.calls()]
        return [int(self.chain.ask("eth_getStorageAt", self.target, word, "latest"), 16) for word in words]

    def compete(self, job_id: int = 1, *, tip: int = 10**11) -> None:
        """Somebody who pays more makes a job's call: in the next block it lands first, and ours reverts."""
        job = next(job for job in self.jobs() if job.id == job_id)
        call = {"from": self.chain.web3.eth.accounts[0], "to": self.target, "gas": hex(100_000)}
        fees = {"maxFeePerGas": hex(10**12), "maxPriorityFeePerGas": hex(tip)}
        self.chain.ask("eth_sendTransaction", {**call, **fees, "data": f"{job.statement_id}{ONCE:064x}"})

    def sent(self) -> list[dict[str, Any]]:
        """Transactions of this relayer in blocks."""
        return self.chain.transactions(self.account.address, self.since)
