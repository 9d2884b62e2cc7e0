"""Sets the weights when they are due; each decision is written down before the network hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from neurons.network import Network, WeightBasis, WeightRules
from neurons.validator.awards import Prize, with_awards
from neurons.validator.weights import Timing, WeightPlan, WeightPolicy, normalised, pause_seconds, plan_weights
from neurons.validator.weights_history import Fate, after_history, fate_of
from neurons.validator.weights_store import WeightsSet, WeightsState, WeightsStore
from statements.errors import VeristakeError

_log = structlog.get_logger(__name__)


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
        poll_seconds: longest time between two looks; shorter where the network's window for weights is.
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
        self._poll_seconds = self._pause = poll_seconds
        self._found: dict[int, int] = {}
        """By the number of an open decision, the block at which this process found that no call for it is under way."""
        self._last_timing: Timing | None = None

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.round)
            except (VeristakeError, SQLAlchemyError) as error:
                _log.warning("weights_failed", reason=str(error), kind=type(error).__name__)
            await asyncio.sleep(self._pause)

    def round(self) -> WeightPlan:
        """Conclude what is open, then set weights if they are due.

        Raises:
            VeristakeError: the network cannot be read, or does not say what became of the weights.
        """
        basis = self._network.weight_basis(self._hotkey)
        rules, neurons = basis.rules, basis.neurons
        self._pause = pause_seconds(self._poll_seconds, self._policy, rules)
        pending = Fate.UNKNOWN in [self._recover(decision, rules) for decision in self._store.open()]
        weights, awards = with_awards(normalised(self._scores(), neurons), self._prizes(), neurons)
        plan = plan_weights(rules, self._policy, weights, awards)
        latest = self._store.latest()
        plan = after_history(plan, latest, rules, self._policy, pending=pending, dry_run=self._dry_run)
        if plan.timing is Timing.DUE:
            self._set(plan, basis)
        elif plan.timing is not self._last_timing:
            _log.info("weights_not_due", timing=plan.timing, block=rules.block)
        self._last_timing = plan.timing
        return plan

    def _recover(self, decision: WeightsSet, rules: WeightRules) -> Fate:
        """A process that was killed, or a network that did not answer, has left this open: the network knows."""
        found = self._found.setdefault(decision.number, rules.block)
        fate = Fate.LOST if decision.dry_run else fate_of(decision.block, rules, found_block=found)
        if fate is Fate.SET:
            reveal = self._network.reveal_round(self._hotkey, decision.block) if rules.commit_reveal else None
            self._store.conclude(decision.number, WeightsState.ACCEPTED, "found on the network", reveal)
        elif fate is Fate.LOST:
            self._store.conclude(decision.number, WeightsState.LOST, "never reached the network")
        if fate is not Fate.UNKNOWN:
            self._found.pop(decision.number)
            _log.warning("weights_recovered", number=decision.number, fate=fate, block=decision.block)
        return fate

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
