"""The validator's loop: look at the chain, ask for what is new, check, score, attest, publish."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import structlog

from neurons.home_chain import HomeChain, InputsUnavailableError
from neurons.messages import Capabilities
from neurons.network import Network, Neuron, Role
from neurons.validator.asking import Asker, Due, Outcome, fault_of
from neurons.validator.attest import Attester
from neurons.validator.desk import MinerDesk
from neurons.validator.scoring import score_after_failure, score_after_success, time_bounds, time_fraction
from neurons.validator.settings import AssetSettings
from neurons.validator.store import VERIFIED, AlreadyPublishedError, ScoreChange, ValidatorStore
from signed_http.errors import PeerError
from statements.errors import VeristakeError
from statements.proven_inference import ProvenInference
from statements.subject import Subject, model_id

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class ValidatorLoop:
    """Publishes each new epoch of each asset once.

    Args:
        assets: what to score.
        model: name of the model.
        circuit_id: circuit that miners are asked for.
        input_scale_bits: scale at which that circuit takes its inputs.
        chain: the home chain.
        network: says who mines.
        asker: asks and checks.
        attester: attests for other chains; None when none is served.
        store: remembers.
        timeout: seconds a miner may take.
        poll_seconds: between two looks at the chain.
    """

    def __init__(
        self,
        *,
        assets: Sequence[AssetSettings],
        model: str,
        circuit_id: str,
        input_scale_bits: int,
        chain: HomeChain,
        network: Network,
        asker: Asker,
        attester: Attester | None,
        store: ValidatorStore,
        timeout: float,
        poll_seconds: float,
    ) -> None:
        self._assets = assets
        self._model_id = model_id(model)
        self._circuit_id = circuit_id
        self._input_scale_bits = input_scale_bits
        self._chain = chain
        self._network = network
        self._asker = asker
        self._attester = attester
        self._store = store
        self._timeout = timeout
        self._poll_seconds = poll_seconds
        self._settled: dict[str, int] = {}
        self._asked: dict[str, int] = {}
        self._blamed: set[tuple[str, str]] = set()
        self._writing = asyncio.Lock()

    async def run(self) -> None:
        """Look, serve, wait; until cancelled. What can mend itself is logged and tried again."""
        while True:
            try:
                await self.tick()
            except VeristakeError as error:
                _log.warning("tick_failed", reason=str(error), kind=type(error).__name__)
            await asyncio.sleep(self._poll_seconds)

    async def tick(self) -> None:
        """Serve everything that is due now.

        Raises:
            VeristakeError: the chain, the network file or the own circuit fails.
        """
        due = await self._everything_due()
        if not due:
            return
        statements = {statement.subject.statement_id for statement in due}
        self._blamed = {pair for pair in self._blamed if pair[1] in statements}
        desk = MinerDesk(await self._survey(due[0]), self._asked)
        results = await asyncio.gather(*(self._serve(statement, desk) for statement in due), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _everything_due(self) -> list[Due]:
        due = []
        for asset in self._assets:
            statement = await self._due(asset)
            if statement is not None:
                due.append(statement)
        return due

    async def _due(self, asset: AssetSettings) -> Due | None:
        try:
            epoch = await asyncio.to_thread(self._chain.latest_epoch, asset.token)
        except InputsUnavailableError:
            return None  # never observed yet
        if self._settled.get(asset.token, 0) >= epoch:
            return None
        try:
            reading = await asyncio.to_thread(self._chain.read, asset.token, epoch)
            reading.require_scale(self._input_scale_bits)
        except InputsUnavailableError as error:
            # the window of an epoch is final: it will not become available later
            self._settled[asset.token] = epoch
            _log.info("inputs_unavailable", symbol=asset.symbol, epoch=epoch, reason=error.message)
            return None
        home = self._chain.settings
        subject = Subject(
            home_chain_id=home.chain_id,
            observer=home.observer,
            config_version=reading.config_version,
            model_id=self._model_id,
            asset=asset.token,
            epoch=epoch,
        )
        if await asyncio.to_thread(self._store.is_published, subject.statement_id):
            self._settled[asset.token] = epoch
            return None
        return Due(symbol=asset.symbol, subject=subject, reading=reading)

    async def _survey(self, first_due: Due) -> dict[str, tuple[Neuron, Capabilities]]:
        neurons = await asyncio.to_thread(self._network.neurons)
        miners = [neuron for neuron in neurons if neuron.role is Role.MINER and neuron.endpoint]
        answers = await asyncio.gather(
            *(self._asker.survey(neuron.hotkey, neuron.endpoint or "") for neuron in miners), return_exceptions=True
        )
        able: dict[str, tuple[Neuron, Capabilities]] = {}
        for neuron, answer in zip(miners, answers, strict=True):
            if isinstance(answer, PeerError):
                _log.warning("survey_failed", miner=neuron.hotkey, reason=answer.message)
                await self._blame(neuron.hotkey, first_due, fault_of(answer), None)
            elif isinstance(answer, BaseException):
                raise answer
            elif answer.holds(self._circuit_id):
                able[neuron.hotkey] = (neuron, answer)
        if not able:
            _log.warning("no_miner", circuit_id=self._circuit_id, registered=len(miners))
        return able

    async def _serve(self, due: Due, desk: MinerDesk) -> None:
        """Ask one miner after the other until one answers rightly."""
        tried: set[str] = set()
        while (miner := await desk.take(tried)) is not None:
            tried.add(miner.hotkey)
            try:
                outcome = await self._asker.ask(miner, due)
            finally:
                await desk.give_back(miner)
            if outcome.inference is not None:
                await self._publish(due, outcome.inference, outcome.seconds)
                return
            await self._refuse(miner.hotkey, due, outcome)
        _log.warning("statement_unproven", symbol=due.symbol, epoch=due.subject.epoch, tried=len(tried))

    async def _refuse(self, hotkey: str, due: Due, outcome: Outcome) -> None:
        _log.warning(
            "answer_refused",
            reason=outcome.fault,
            detail=outcome.detail,
            miner=hotkey,
            symbol=due.symbol,
            epoch=due.subject.epoch,
            seconds=round(outcome.seconds, 3),
            blameless=outcome.blameless,
        )
        if outcome.fault is not None and not outcome.blameless:
            await self._blame(hotkey, due, outcome.fault, outcome.seconds)

    async def _blame(self, hotkey: str, due: Due, reason: str, seconds: float | None) -> None:
        """Lower a score, once per miner and statement however often it is asked again."""
        statement_id = due.subject.statement_id
        if (hotkey, statement_id) in self._blamed:
            return
        self._blamed.add((hotkey, statement_id))

        def record() -> ScoreChange:
            previous = self._store.score(hotkey)
            change = _change(hotkey, previous, score_after_failure(previous), reason, seconds, statement_id)
            self._store.record(change)
            return change

        _log_change(await self._write(record))

    async def _publish(self, due: Due, inference: ProvenInference, seconds: float) -> None:
        attestations = self._attester.attest(due.subject, due.reading) if self._attester else ()
        neurons = await asyncio.to_thread(self._network.neurons)
        miners = max(1, sum(neuron.role is Role.MINER for neuron in neurons))
        miner = inference.prover

        def publish() -> tuple[int, ScoreChange]:
            times = self._store.response_times()
            fraction = time_fraction(seconds, time_bounds(times.latest, times.successes, self._timeout))
            previous = self._store.score(miner)
            score = score_after_success(previous, fraction, miners)
            change = _change(miner, previous, score, VERIFIED, seconds, inference.statement_id)
            return self._store.publish(inference, attestations, change), change

        try:
            cursor, change = await self._write(publish)
        except AlreadyPublishedError:
            _log.warning("already_published", symbol=due.symbol, epoch=due.subject.epoch)
        else:
            _log_change(change)
            _log.info(
                "inference_published",
                cursor=cursor,
                statement_id=inference.statement_id,
                symbol=due.symbol,
                epoch=due.subject.epoch,
                miner=miner,
                seconds=round(seconds, 3),
                prove_seconds=round(inference.prove_seconds, 3),
                attestations=len(attestations),
            )
        self._settled[due.subject.asset] = due.subject.epoch

    async def _write(self, transaction: Callable[[], T]) -> T:
        # reading a score and writing its successor must not interleave with another statement's
        async with self._writing:
            return await asyncio.to_thread(transaction)


def _change(
    hotkey: str, previous: float, score: float, reason: str, seconds: float | None, statement_id: str
) -> ScoreChange:
    return ScoreChange(
        hotkey=hotkey,
        previous=previous,
        score=score,
        reason=reason,
        seconds=seconds,
        statement_id=statement_id,
        at=time.time(),
    )


def _log_change(change: ScoreChange) -> None:
    fields: dict[str, Any] = change.model_dump(exclude={"at"})
    _log.info("score_changed", **fields)
