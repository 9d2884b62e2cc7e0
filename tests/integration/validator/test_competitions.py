"""Competitions: the formula, the lead on both databases, and a round against a real miner."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.artefacts.bundle import bundle_of
from neurons.artefacts.serving import ARTEFACTS_PATH, Shelf
from neurons.messages import InputRequest
from neurons.miner.admission import Gate
from neurons.miner.app import miner_app
from neurons.miner.backends.local import LocalBackend
from neurons.miner.competing import Competitions as EnteredCircuits
from neurons.miner.holdings import HeldCircuits
from neurons.miner.places import Places
from neurons.miner.proving import Prover
from neurons.miner.queue import ProvingQueue
from neurons.miner.service import MinerService
from neurons.miner.settings import AdmissionSettings
from neurons.network import Role
from neurons.validator import competitions
from neurons.validator.asking import Asker, Outcome
from neurons.validator.choose import Candidate
from neurons.validator.competition import entry_score, is_new_best, is_present
from neurons.validator.competition_store import CompetitionStore, MeasuredEntry
from neurons.validator.competitions import CompetitionParts, Competitions
from neurons.validator.competitions_assembly import run_competitions
from neurons.validator.entries.entering import Competition, Entries
from neurons.validator.entries.store import EntryStore
from neurons.validator.explain import explain
from neurons.validator.prizes import prizes_of
from neurons.validator.questions import Question
from neurons.validator.settings import CompetitionSettings, EntrySettings
from neurons.validator.store import open_store
from neurons.validator.verification import Verifier
from signed_http.server import SignedRequests
from statements.instances import Instances
from statements.proven_run import ProvenRun
from tests.integration.neurons.parts import serving
from tests.integration.validator.entries import admission
from tests.integration.validator.miners import FIRST, SECOND, THIRD, VALIDATOR, Bench, SmallMiner
from verifier_gen.circuit import Circuit

UNIT, SECONDS = st.floats(0, 1), st.floats(0.001, 1000)


@given(UNIT, UNIT, SECONDS, SECONDS, SECONDS)
def test_entry_score_nearer_and_faster_never_earns_less(
    one: float, other: float, first: float, second: float, reference: float
) -> None:
    low, high = sorted((one, other))
    quick, slow = sorted((first, second))
    assert 0 <= entry_score(low, slow, reference) <= entry_score(high, quick, reference) <= 1
    assert entry_score(1.0, reference, reference) == pytest.approx(0.975)


@given(UNIT, UNIT)
def test_is_new_best_needs_more_than_two_per_cent(best: float, score: float) -> None:
    assert is_new_best(score, best) == (score > 1.02 * best)
    assert is_new_best(score, None) == (score > 0)


def entry(hotkey: str, score: float) -> MeasuredEntry:
    return MeasuredEntry(
        competition="staking",
        hotkey=hotkey,
        circuit_id="0x" + "cc" * 32,
        accuracy=1.0,
        proof_bytes=1952,
        seconds=1.0,
        score=score,
    )


def test_add_lead_moves_to_a_clearly_better_entry_only(state_url: str) -> None:
    state = open_store(state_url, "validator")
    store = CompetitionStore(state.engine)
    assert store.leader("staking") is None
    assert [store.add(entry(*each)) for each in (("a", 0.5), ("b", 0.51), ("c", 0.52), ("a", 0.53))] == [
        True,
        False,
        True,
        False,
    ]
    assert store.leader("staking") == entry("c", 0.52)
    assert store.leader("other") is None
    state.close()


def test_add_lead_of_a_leader_that_has_gone_is_open_but_to_no_copy(state_url: str) -> None:
    state = open_store(state_url, "validator")
    store = CompetitionStore(state.engine)
    assert store.add(entry("a", 0.9))
    assert not store.add(entry("b", 0.99), may_lead=False)
    assert not store.add(entry("b", 0.5), gone="c")
    assert store.add(entry("b", 0.5), gone="a")
    assert not store.add(entry("d", 0.4), gone="a")
    assert store.leader("staking") == entry("b", 0.5)
    assert store.author("staking", entry("b", 0.5).circuit_id) == "a"
    assert store.latest("staking", "d") == entry("d", 0.4)
    state.close()


@given(st.booleans(), st.floats(0, 1e6), st.floats(1, 1e5))
def test_is_present_needs_registration_and_one_of_the_latest_rounds(
    registered: bool, unmeasured: float, interval: float
) -> None:
    assert is_present(registered, unmeasured, interval) == (registered and unmeasured <= 3 * interval)


class Rounds:
    """A competition against the tiny circuit, and the validator that runs it."""

    def __init__(self, bench: Bench, folder: Path, asker: type[Asker] = Asker) -> None:
        self.workings = workings = bench.workings()
        self.store = CompetitionStore(bench.store.engine)
        self.verifier = Verifier(bench.pool)
        self.asker = asker(VALIDATOR, self.verifier)
        circuits = workings.circuits
        checks = admission(folder, EntryStore(bench.store.engine))
        self.running = Competitions(
            CompetitionParts(
                circuits=circuits,
                fleet=workings.fleet,
                asker=workings.asker,
                scorekeeper=workings.scorekeeper,
                store=self.store,
                entries=Entries(circuits, workings.fleet, workings.asker, checks),
                entry_asker=self.asker,
            )
        )
        self.competition = Competition("staking", bench.circuit, 120.0, 10.0)

    def round(self) -> None:
        async def go() -> None:
            await self.workings.fleet.survey()
            await self.running.round(self.competition)
            await self.workings.asker.aclose()
            await self.asker.aclose()

        asyncio.run(go())
        self.verifier.close()


def test_round_entries_are_measured_on_the_same_inputs_and_strange_ones_refused(bench: Bench, tmp_path: Path) -> None:
    taking, idle = bench.miner(FIRST, competes=True), bench.miner(SECOND)
    strange = bench.miner(THIRD, competes=True, entered="0x" + "99" * 32)
    rounds = Rounds(bench, tmp_path / "entries")
    with ExitStack() as servers:
        for miner in (taking, idle, strange):
            bench.announce(miner.keypair, servers.enter_context(serving(miner.app())))
        rounds.round()
    leader = rounds.store.leader("staking")
    assert leader is not None
    assert (leader.hotkey, len(taking.asked), len(idle.asked), len(strange.asked)) == (FIRST.ss58_address, 1, 0, 0)
    # what the circuit gives lies near the float network's outputs
    assert 0.999 < leader.accuracy <= 1
    assert leader.score == pytest.approx(entry_score(leader.accuracy, leader.seconds, 10.0))
    assert [change.kind for change in bench.store.changes(FIRST.ss58_address)] == ["benchmark"]


def test_run_competitions_as_the_settings_have_them_until_cancelled(bench: Bench, tmp_path: Path) -> None:
    circuits = {"id": "staking", "circuit": bench.circuit.directory}
    competition = CompetitionSettings(interval_seconds=2.0, runs=2, **circuits)
    settings: Any = SimpleNamespace(competitions=[competition], entries=EntrySettings(cache=tmp_path / "entries"))
    workings, store = bench.workings(), CompetitionStore(bench.store.engine)
    miner = bench.miner(FIRST, competes=True)

    async def go() -> None:
        await workings.fleet.survey()
        running = asyncio.create_task(run_competitions(workings, settings))
        while store.leader("staking") is None:
            assert not running.done()
            await asyncio.sleep(0.05)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await workings.asker.aclose()

    with serving(miner.app()) as url:
        bench.announce(FIRST, url)
        asyncio.run(asyncio.wait_for(go(), 60))
    first, second = (request.inputs for request in miner.asked[:2])
    assert first != second


def test_round_inputs_are_drawn_when_all_circuits_are_known(monkeypatch: pytest.MonkeyPatch, bench: Bench) -> None:
    """A miner that learned them from another could enter a circuit that knows their answers."""
    happened: list[str] = []

    class Collected:
        async def collect(self, _: Competition) -> list[Any]:
            happened.append("entered")
            await asyncio.sleep(0)
            return []

    monkeypatch.setattr(competitions, "draw_inputs", lambda _: happened.append("drawn"))
    store: Any = SimpleNamespace(leader=lambda _: None)
    nothing: Any = None
    parts = CompetitionParts(
        {}, nothing, nothing, nothing, store, entries=cast(Entries, Collected()), entry_asker=nothing
    )
    asyncio.run(Competitions(parts).round(Competition("staking", bench.circuit, 1.0, 10.0)))
    assert happened == ["entered", "drawn"]


def real_miner(bench: Bench, keypair: Any, circuit: Circuit) -> Any:
    """The application that `veristake miner run` serves, with an entry of its own."""
    held, places = HeldCircuits([circuit]), Places(ProvingQueue(workers=1, limit=4))
    prover = Prover(hotkey=keypair.ss58_address, held=held, backend=LocalBackend(bench.pool), places=places)
    chain: Any = None  # only observations read it
    entered = EnteredCircuits({"staking": circuit})
    service = MinerService(chain=chain, held=held, prover=prover, places=places, competitions=entered)
    shelf = Shelf()
    shelf.offer(circuit)
    gate = Gate(bench.network, AdmissionSettings(refresh_seconds=0))
    return SignedRequests(miner_app(service, gate, shelf), keypair, open_prefixes=(ARTEFACTS_PATH,))


class Thief(SmallMiner):
    """Enters another's circuit and answers with proofs that were made for the other."""

    async def prove(self, request: InputRequest, validator: str) -> ProvenRun:
        author = SmallMiner(FIRST, self.circuit, self.pool)
        run = await author.prove(request, validator)
        return run.model_copy(update={"prover": self.keypair.ss58_address})


class Believing(Asker):
    """What an asker would give to whom one miner sent a valid proof, with roundings of its own choice."""

    async def ask(self, miner: Candidate, question: Question, seconds: float) -> Outcome:
        outcome = await super().ask(miner, question, seconds)
        if outcome.run is None or miner.hotkey != SECOND.ss58_address:
            return outcome
        instances = outcome.run.instances
        outputs = (instances.outputs[0] + 1, *instances.outputs[1:])
        bent = Instances.build(instances.layout, instances.inputs, instances.tag, outputs)
        return replace(outcome, run=outcome.run.model_copy(update={"instances": bent}))


def test_round_circuit_of_a_miner_is_fetched_measured_and_rewarded_and_others_proofs_of_it_are_not(
    bench: Bench,
    swapped_circuit: Circuit,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    half = bench.circuit.manifest.layout.input_count // 2
    one = 1 << bench.circuit.manifest.layout.input_scale_bits
    monkeypatch.setattr(competitions, "draw_inputs", lambda _: (one,) * half + (-one,) * half)
    author = real_miner(bench, FIRST, swapped_circuit)
    bender = SmallMiner(
        SECOND, swapped_circuit, bench.pool, competes=True, bundle=bundle_of(swapped_circuit).bundle_hash
    )
    thief = Thief(THIRD, swapped_circuit, bench.pool, competes=True, bundle=bundle_of(swapped_circuit).bundle_hash)
    with ExitStack() as servers:
        url = servers.enter_context(serving(author))
        bench.announce(FIRST, url)
        bender.sources = thief.sources = (url,)
        for miner in (bender, thief):
            bench.announce(miner.keypair, servers.enter_context(serving(miner.app())))
        rounds = Rounds(bench, tmp_path / "entries", Believing)
        rounds.round()
    told = capsys.readouterr().out
    assert "wrong_tag" in told
    assert told.count("circuit_fetched") == 1
    leader = rounds.store.leader("staking")
    assert leader is not None
    assert (leader.hotkey, leader.circuit_id) == (FIRST.ss58_address, swapped_circuit.manifest.circuit_id)
    # another network than the competition's: what it gets wrong is seen
    assert leader.accuracy == pytest.approx(0.98957, abs=1e-3)
    # a proof that verifies, of outputs that the circuit does not give by itself, counts for nothing
    checked = EntryStore(bench.store.engine).latest("staking", SECOND.ss58_address)
    assert checked is not None
    assert checked.fault == "bent_outputs"
    assert [rounds.store.latest("staking", each.ss58_address) for each in (SECOND, THIRD)] == [None, None]
    # a circuit that a miner chose earns no score outside of the competition
    assert bench.store.score_by_hotkey() == {}
    settings = CompetitionSettings(id="staking", circuit=bench.circuit.directory, weight_bps=500)
    # it is paid while its circuit was measured in one of the latest rounds
    assert [prize.measured for prize in prizes_of([settings], bench.store.engine)] == [True]
    ended = settings.model_copy(update={"interval_seconds": 1e-6})
    assert [prize.measured for prize in prizes_of([ended], bench.store.engine)] == [False]
    [standing] = explain(bench.store, bench.network.neurons(), FIRST.ss58_address, 5, [settings]).entries
    assert (standing.leads, standing.award.reason) == (True, "no_scores")
    assert "leads, and does not get 5 % of the weights" in standing.lines()[-1]


def test_record_copy_never_leads_however_fast_and_the_lead_outlives_a_restart(bench: Bench, tmp_path: Path) -> None:
    def recorded(*entries: MeasuredEntry) -> str | None:
        # each time as a process that has just started
        rounds = Rounds(bench, tmp_path / "entries")
        rounds.competition = replace(rounds.competition, least_accuracy=0.99)
        rounds.running._record(rounds.competition, entries)
        leader = rounds.store.leader("staking")
        return None if leader is None else leader.hotkey

    bench.network.register("author", Role.MINER)
    assert recorded(entry("author", 0.5), entry("copier", 0.9)) == "author"
    assert recorded(entry("copier", 0.95)) == "author"
    own = entry("other", 0.6).model_copy(update={"circuit_id": "0x" + "dd" * 32})
    far_off = entry("constant", 0.99).model_copy(update={"circuit_id": "0x" + "ee" * 32, "accuracy": 0.98})
    assert recorded(far_off) == "author"
    # of a leader that is not registered any more the lead is open: nobody answers the survey of these rounds
    assert recorded(own, entry("copier", 0.99)) == "other"
