"""Registered miners and what a validator makes of their answers: a real store, no proofs and no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bittensor.keyfiles import Keypair

from neurons.validator.asking import Outcome
from neurons.validator.check import AnswerFault
from neurons.validator.questions import Asked, Kind, Question
from neurons.validator.scorekeeper import Scorekeeper, Settlement
from signed_http.refusal import Fault
from statements.instances import Instances
from statements.proven_run import ProvenRun
from tests.integration.validator.miners import VALIDATOR, Bench, inputs_of

LONGEST = 60.0
HOTKEYS = [Keypair.create_from_uri(f"//Timed{number}").ss58_address for number in range(5)]


class Crowd:
    """Registered miners that need some seconds for each answer, and a validator that waits as long as it has learned.

    Args:
        bench: with a store and a network.
        miners: how many.
    """

    def __init__(self, bench: Bench, miners: int) -> None:
        self._bench = bench
        self.hotkeys = HOTKEYS[:miners]
        for number, hotkey in enumerate(self.hotkeys):
            bench.announce(Keypair(ss58_address=hotkey), f"http://127.0.0.1:{number + 1}")
        self.keeper: Scorekeeper = bench.workings(timeout=LONGEST).scorekeeper

    @property
    def timeout(self) -> float:
        """That the validator would allow now, seconds."""
        return self.keeper.timeout(self._bench.circuit.manifest.circuit_id)

    def asked(self, hotkey: str, kind: Kind = Kind.BENCHMARK, deadline: float = 3600.0) -> Asked:
        """As the validator would ask now."""
        question = Question(kind, self._bench.circuit, inputs_of(self._bench.circuit))
        full = self.keeper.full_seconds(question.circuit_id, hotkey) if kind is Kind.QUERY else 0.0
        return Asked(question, VALIDATOR.ss58_address, hotkey, min(deadline, self.timeout), full)

    def settle(self, asked: Asked, needs: float) -> Settlement:
        """What the miner's answer, or the lack of it, leads to."""
        late = needs > asked.seconds
        fault = AnswerFault.TIMED_OUT if late else None
        run = None if late else self._run(asked)
        return self.conclude(Outcome(asked, 60.0, run, fault, None, "", min(needs, asked.seconds)))

    def refuse(
        self, asked: Asked, refusal: Fault, code: str = "queue_full", *, at: float = 60.0, detail: str = ""
    ) -> Settlement:
        """What the miner's signed refusal leads to."""
        refused = Outcome(asked, at, None, AnswerFault.REFUSED, refusal, detail, 0.1, refusal_code=code)
        return self.conclude(refused)

    def rounds(self, number: int, needs: Iterable[float]) -> list[list[Settlement]]:
        """Benchmarks of each miner, one after the other, with the seconds that each of them needs."""
        each = list(zip(self.hotkeys, needs, strict=True))
        return [[self.settle(self.asked(hotkey), seconds) for hotkey, seconds in each] for _ in range(number)]

    def conclude(self, outcome: Outcome) -> Settlement:
        """What an outcome leads to."""

        async def settled() -> Settlement:
            settlement = await self.keeper.settle(outcome, others_reachable=True)
            # the miners are counted beside it
            await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
            return settlement

        return asyncio.run(settled())

    def _run(self, asked: Asked) -> ProvenRun:
        layout = self._bench.circuit.manifest.layout
        return ProvenRun(
            circuit_id=asked.question.circuit_id,
            instances=Instances.build(layout, asked.question.inputs, asked.tag, (0,) * layout.output_count),
            proof="0xab",
            prover=asked.miner,
            prove_seconds=1.0,
        )
