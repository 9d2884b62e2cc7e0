"""A relayer on a stand: one chain's writer, moved step by step, with a clock that the test sets."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eth_account import Account
from sqlalchemy import Engine

from relayer.assembly import ChainParts, build_chain
from relayer.keys import KeystoreSigner, attestation_signer
from relayer.outbox.database import open_database
from relayer.outbox.intake_store import IntakeStore
from relayer.outbox.views import JobView, Views
from relayer.planning import ContractAbis, plan
from relayer.settings import ChainSettings, FinalitySettings
from statements.abi import load_abi
from statements.publication import Publication
from tests.integration.relayer_chain import LocalChain

RELAYER = Account.from_key("0x" + "42" * 32)
OTHER = Account.from_key("0x" + "43" * 32)
DEPTH = 5


@dataclass
class Stand:
    """A database, a chain's settings, and a clock."""

    folder: Path
    chain: LocalChain
    settings: ChainSettings
    now: float = 1000.0
    account: str = RELAYER.address
    key: bytes = RELAYER.key
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = open_database(f"sqlite:///{self.folder}/relayer.db")

    def take(self, publication: Publication) -> list[int]:
        abis = ContractAbis(risk_feed=load_abi("RiskFeed"), attested_inputs=load_abi("AttestedInputs"))
        planned = plan(publication, [self.settings.destination], abis=abis, signer_of=attestation_signer)
        store = IntakeStore(self.engine, lambda: self.now)
        if not store.is_news(publication.validator, publication.inference.statement_id, planned.jobs):
            return []
        return store.take(publication, planned.jobs)

    def parts(self) -> ChainParts:
        signer = KeystoreSigner(Account.from_key(self.key))
        return build_chain(self.settings, self.engine, signer, clock=lambda: self.now)

    def steps(self, count: int = 1) -> None:
        """A relayer starts, takes ``count`` looks at the chain a minute apart, and stops."""

        async def run() -> None:
            parts = self.parts()
            try:
                await parts.writer.connect()
                for _ in range(count):
                    self.now += 60
                    await parts.writer.step(asyncio.Event())
            finally:
                await parts.chain.close()

        asyncio.run(run())

    def jobs(self) -> Sequence[JobView]:
        """Jobs, oldest first."""
        return Views(self.engine, {self.settings.chain_id: self.settings.name}).jobs().jobs[::-1]

    def states(self) -> list[str]:
        return [job.state for job in self.jobs()]

    def history(self, job_id: int) -> list[str]:
        return [event.new for event in Views(self.engine, {}).job(job_id).events]


def make_stand(folder: Path, chain: LocalChain, *, abroad: bool = False, **changes: object) -> Stand:
    settings = ChainSettings(
        name="abroad" if abroad else "home",
        chain_id=chain.web3.eth.chain_id,
        endpoints=(chain.url,),
        risk_feed=chain.risk_feed.address,
        attested_inputs=chain.attested_inputs.address if abroad else None,
        keystore=folder / "keystore.json",
        password_file=folder / "password.txt",
        finality=FinalitySettings(mode="depth", depth=DEPTH),
        # the stand's clock jumps a minute a step: tests that want replacements say so
        bump_seconds=1e9,
    ).model_copy(update=changes)
    # for the process that a test kills
    (folder / "settings.json").write_text(settings.model_dump_json())
    chain.fund(RELAYER.address)
    chain.fund(OTHER.address)
    return Stand(folder=folder, chain=chain, settings=settings)
