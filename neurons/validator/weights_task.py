"""Sets the weights when they are due; each decision is written down before the network hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from neurons.network import Network, WeightBasis, WeightRules
from neurons.validator.awards import Prize, with_awards
from neurons.validator.weights import Fate, Timing, WeightPlan, WeightPolicy, fate_of, normalised, plan_weights
from neurons.validator.weights_store import WeightsSet, WeightsState, WeightsStore
from statements.errors import VeristakeError

_log = structlog.get_logger(__name__)
_BLOCKS_AFTER_REFUSAL = 5


class WeightSetter:
    """Says on the network what each miner is worth.

    Args:
        hotkey: ss58 hotkey of the validator.
        network: takes the weights.
        store: remembers the decisions.
        scores: reads all present scores, by hotkey; may block.
        prizes: reads what the competitions offer; may block.
        policy: when and as which version.
        dry_run: only find out what the network would say.
        poll_seconds: between two looks.
    """

    def __init__(
        self,
        *,
        hotkey: str,
        network: Network,
        store: WeightsStore,
        scores: Callable[[], dict[str, float]],
        prizes: Callable[[], tuple[Prize, ...]] = tuple,
        policy: WeightPolicy,
        dry_run: bool,
        poll_seconds: float,
    ) -> None:
        self._hotkey = hotkey
        self._network = network
        self._store = store
        self._scores, self._prizes = scores, prizes
        self._policy = policy
        self._dry_run = dry_run
        self._poll_seconds = poll_seconds
        self._last_timing: Timing | None = None

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.round)
            except (VeristakeError, SQLAlchemyError) as error:
                _log.warning("weights_failed", reason=str(error), kind=type(error).__name__)
            await asyncio.sleep(self._poll_seconds)

    def round(self) -> WeightPlan | None:
        """Conclude what is open, then set weights if they are due; None while an earlier decision may still arrive.

        Raises:
            VeristakeError: the network cannot be read, or does not say what became of the weights.
        """
        basis = self._network.weight_basis(self._hotkey)
        rules, neurons = basis.rules, basis.neurons
        if any(self._recover(decision, rules) is Fate.UNKNOWN for decision in self._store.open()):
            return None
        weights, awards = with_awards(normalised(self._scores(), neurons), self._prizes(), neurons)
        plan = plan_weights(rules, self._policy, weights, awards)
        if plan.timing is Timing.DUE and not self._held_back(rules):
            self._set(plan, basis)
        elif plan.timing is not self._last_timing:
            _log.info("weights_not_due", timing=plan.timing, block=rules.block)
        self._last_timing = plan.timing
        return plan

    def _recover(self, decision: WeightsSet, rules: WeightRules) -> Fate:
        """A process that was killed, or a network that did not answer, has left this open: the network knows."""
        fate = Fate.LOST if decision.dry_run else fate_of(decision.block, rules)
        if fate is Fate.SET:
            self._store.conclude(decision.number, WeightsState.ACCEPTED, "found on the network")
        elif fate is Fate.LOST:
            self._store.conclude(decision.number, WeightsState.LOST, "never reached the network")
        if fate is not Fate.UNKNOWN:
            _log.warning("weights_recovered", number=decision.number, fate=fate, block=decision.block)
        return fate

    def _held_back(self, rules: WeightRules) -> bool:
        """What the network's own limit does not hold back: dry runs, and asking again what it has just refused."""
        latest = self._store.latest(1)
        if not latest or not (latest[0].dry_run or latest[0].state is WeightsState.REFUSED):
            return False
        apart = self._policy.blocks_apart if latest[0].dry_run else _BLOCKS_AFTER_REFUSAL
        return rules.block - latest[0].block < apart

    def _set(self, plan: WeightPlan, basis: WeightBasis) -> None:
        version, block = self._policy.version_key, basis.rules.block
        number = self._store.decide(
            plan.weights, block=block, version_key=version, dry_run=self._dry_run, awards=plan.awards
        )
        receipt = self._network.set_weights(
            self._hotkey,
            plan.weights,
            holders={neuron.uid: neuron.hotkey for neuron in basis.neurons},
            version_key=version,
            dry_run=self._dry_run,
        )
        state = WeightsState.ACCEPTED if receipt.accepted else WeightsState.REFUSED
        self._store.conclude(number, state, receipt.detail, receipt.reveal_round)
        _log.log(
            20 if receipt.accepted else 30,
            "weights_set" if receipt.accepted else "weights_refused",
            number=number,
            block=block,
            miners=len(plan.weights),
            dry_run=self._dry_run,
            reveal_round=receipt.reveal_round,
            detail=receipt.detail,
        )
