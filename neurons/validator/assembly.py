"""Puts the validator's working parts together; nothing runs yet."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neurons.home_chain import HomeChain
from neurons.network import Network
from neurons.validator.asking import Asker
from neurons.validator.attest import Attester
from neurons.validator.benchmarks import BenchmarkRule, Benchmarks
from neurons.validator.competitions_assembly import run_competitions
from neurons.validator.due import DueFinder
from neurons.validator.fleet import MinerFleet
from neurons.validator.loop import ValidatorLoop
from neurons.validator.measurements import Measurements
from neurons.validator.metrics import Meters
from neurons.validator.prizes import prizes_of
from neurons.validator.queries import QueryRunner
from neurons.validator.retention import keep_pruning
from neurons.validator.rules import ScoringRule
from neurons.validator.scorekeeper import Scorekeeper
from neurons.validator.settings import AssetSettings, CompetitionSettings, ValidatorSettings, WeightSettings
from neurons.validator.store import ValidatorStore
from neurons.validator.verification import Verifier
from neurons.validator.weights_store import WeightsStore
from neurons.validator.weights_task import WeightSetter
from signed_http.wallets import HotkeyKeypair
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool

_DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Workings:
    """What asks, checks and scores, whatever the request.

    Attributes:
        keypair: hotkey of the validator.
        circuits: that may be asked for, by circuit id.
        store: remembers.
        network: says who takes part.
        measurements: how long miners took.
        verifier: verifies proofs.
        asker: asks and checks.
        fleet: hands out miners.
        scorekeeper: scores.
        queries: answers customers.
        meters: what Prometheus reads.
    """

    keypair: HotkeyKeypair
    circuits: Mapping[str, Circuit]
    store: ValidatorStore
    network: Network
    measurements: Measurements
    verifier: Verifier
    asker: Asker
    fleet: MinerFleet
    scorekeeper: Scorekeeper
    queries: QueryRunner
    meters: Meters

    @property
    def hotkey(self) -> str:
        """ss58 hotkey of the validator."""
        return self.keypair.ss58_address

    @classmethod
    def build(
        cls,
        *,
        keypair: HotkeyKeypair,
        circuits: Mapping[str, Circuit],
        store: ValidatorStore,
        network: Network,
        pool: ProverPool,
        rule: ScoringRule,
    ) -> Workings:
        """Everything from what a process opens at start."""
        measurements = Measurements(store.measured_seconds())
        verifier = Verifier(pool)
        asker = Asker(keypair, verifier)
        fleet = MinerFleet(network, asker, measurements)
        meters = Meters()
        scorekeeper = Scorekeeper(store, network, measurements, rule, meters)
        meters.watch_fleet(
            lambda: len(fleet.latest_survey.able), lambda: len(fleet.latest_survey.failed), fleet.all_in_flight
        )
        names = [(circuit_id, circuit.manifest.name) for circuit_id, circuit in circuits.items()]
        meters.watch_timeouts(names, scorekeeper.timeout)
        meters.watch_scores(store.score_by_hotkey)
        meters.watch_weights(WeightsStore(store.engine).latest)
        return cls(
            keypair=keypair,
            circuits=circuits,
            store=store,
            network=network,
            measurements=measurements,
            verifier=verifier,
            asker=asker,
            fleet=fleet,
            scorekeeper=scorekeeper,
            queries=QueryRunner(circuits, fleet, asker, scorekeeper),
            meters=meters,
        )

    def observation_loop(
        self,
        *,
        chain: HomeChain,
        circuit: Circuit,
        assets: tuple[AssetSettings, ...],
        model: str,
        attester: Attester | None,
        poll_seconds: float,
        explore: bool = True,
    ) -> ValidatorLoop:
        """The loop that publishes the feed."""
        finder = DueFinder(
            assets=assets,
            model=model,
            input_scale_bits=circuit.manifest.layout.input_scale_bits,
            chain=chain,
            store=self.store,
        )
        return ValidatorLoop(
            hotkey=self.hotkey,
            circuit=circuit,
            finder=finder,
            fleet=self.fleet,
            asker=self.asker,
            attester=attester,
            scorekeeper=self.scorekeeper,
            poll_seconds=poll_seconds,
            explore=explore,
        )

    def benchmarks(self, rule: BenchmarkRule) -> Benchmarks:
        """What measures idle miners."""
        return Benchmarks(
            hotkey=self.hotkey,
            circuits=self.circuits.values(),
            fleet=self.fleet,
            asker=self.asker,
            scorekeeper=self.scorekeeper,
            rule=rule,
        )

    def weight_setter(
        self, settings: WeightSettings, network: Network, competitions: Sequence[CompetitionSettings] = ()
    ) -> WeightSetter:
        """What says on the network what each miner is worth."""
        return WeightSetter(
            hotkey=self.hotkey,
            network=network,
            store=WeightsStore(self.store.engine),
            scores=self.store.score_by_hotkey,
            prizes=lambda: prizes_of(competitions, self.store.engine),
            policy=settings.policy,
            dry_run=settings.dry_run,
            poll_seconds=settings.poll_seconds,
        )

    def background(self, settings: ValidatorSettings, network: Network) -> Iterator[Coroutine[Any, Any, None]]:
        """What runs beside the observation loop, as the settings have it."""
        yield self.fleet.keep_surveying(settings.benchmarks.survey_seconds)
        yield keep_pruning(self.store.engine, settings.state.keep_days * _DAY_SECONDS)
        if settings.benchmarks.enabled:
            yield self.benchmarks(BenchmarkRule(settings.benchmarks.interval_seconds)).run()
        if settings.competitions:
            yield run_competitions(self, settings)
        if settings.weights.enabled:
            yield self.weight_setter(settings.weights, network, settings.competitions).run()
