"""Circuits that miners enter: fetched over real HTTP, keys derived anew with real EZKL, each attack with a reason."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from neurons.artefacts.bundle import FileName
from neurons.validator.entries.admission import EntryAdmission
from neurons.validator.entries.faults import EntryFault, EntryRefusedError
from neurons.validator.entries.store import CheckedEntry, EntryStore
from neurons.validator.store import open_store
from statements.instances import Instances
from tests.integration.validator.cheat import make_cheat
from tests.integration.validator.entries import Offered, admission, damaged
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.recipe import RECIPES


@dataclass(frozen=True)
class Desk:
    """Where entries of one miner to the tiny circuit's competition are checked."""

    model: Circuit
    folder: Path
    store: EntryStore
    miner: str

    def checks(self, **limits: Any) -> EntryAdmission:
        return admission(self.folder, self.store, **limits)

    @property
    def deriving_nothing(self) -> EntryAdmission:
        """No process could do anything in its time."""
        return self.checks(seconds=0.001, change=0)

    def admit(self, offered: Offered, checks: EntryAdmission | None = None, hotkey: str | None = None) -> Circuit:
        with offered.served() as url:
            entry = offered.entry()
            return asyncio.run((checks or self.checks()).admit(entry, hotkey or self.miner, url, self.model))

    def refusal(self, offered: Offered, checks: EntryAdmission | None = None) -> EntryFault:
        with pytest.raises(EntryRefusedError) as caught:
            self.admit(offered, checks)
        return caught.value.fault

    @property
    def known(self) -> CheckedEntry | None:
        return self.store.latest("staking", self.miner)


@pytest.fixture(scope="module")
def entry_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EntryStore]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('state')}/state.sqlite", "validator")
    yield EntryStore(store.engine)
    store.close()


@pytest.fixture
def desk(tiny_circuit: Circuit, entry_store: EntryStore, tmp_path: Path) -> Desk:
    return Desk(tiny_circuit, tmp_path / "entries", entry_store, tmp_path.name)


def test_admit_honest_entry_is_fetched_derived_and_kept(desk: Desk, swapped_circuit: Circuit) -> None:
    offered = Offered(swapped_circuit)
    circuit = desk.admit(offered)
    assert circuit.manifest.circuit_id == swapped_circuit.manifest.circuit_id
    # keys, compiled circuit and SRS are not the miner's
    assert set(offered.asked) == {
        offered.bundle.bundle_hash,
        *(
            file.sha256
            for file in offered.bundle.files
            if file.name in ("circuit.json", "network.onnx", "settings.json")
        ),
    }
    assert circuit.paths.srs.samefile(desk.model.paths.srs)
    assert circuit.manifest.srs_hash == desk.model.manifest.srs_hash
    assert not list(desk.folder.glob("limited-*"))
    assert desk.known is not None
    assert (desk.known.bundle, desk.known.fault) == (offered.bundle.bundle_hash, None)
    # after a restart nothing is fetched or derived again; a copy's is the same circuit
    held = len(offered.asked)
    assert desk.admit(offered, desk.deriving_nothing) == circuit
    assert desk.admit(offered, desk.deriving_nothing, hotkey="copier") == circuit
    assert len(offered.asked) == held
    # another competition's layout is refused, and what was derived with another SRS not believed
    manifest = desk.model.manifest
    layout = manifest.layout.model_copy(update={"output_count": 1})
    elsewhere = replace(desk, model=replace(desk.model, manifest=manifest.model_copy(update={"layout": layout})))
    assert elsewhere.refusal(offered, desk.deriving_nothing) is EntryFault.WRONG_LAYOUT
    other_srs = replace(desk.model, manifest=manifest.model_copy(update={"srs_hash": "0x" + "00" * 32}))
    copied = replace(desk, folder=desk.folder.with_name("copied"), model=other_srs)
    shutil.copytree(desk.folder, copied.folder)
    assert copied.refusal(offered, copied.deriving_nothing) is EntryFault.LIMIT_EXCEEDED
    # what was damaged on the disk is fetched and derived anew
    damaged(desk.folder)
    assert desk.refusal(offered, desk.deriving_nothing) is EntryFault.LIMIT_EXCEEDED
    assert len(offered.asked) > held


def test_admit_key_with_free_outputs_is_refused_whatever_is_said_of_it(
    desk: Desk, swapped_circuit: Circuit, tmp_path: Path
) -> None:
    layout = desk.model.manifest.layout
    lie = Instances.build(layout, (7,) * layout.input_count, 12345, (4000,) * layout.output_count)
    cheat = run_isolated(make_cheat, tmp_path, list(lie.elements), RECIPES / "tiny.toml", desk.model.paths.srs)
    # the attack is real: whoever believed this key would believe these outputs, for these inputs, under this tag
    assert cheat.taken
    with_its_network = Offered(desk.model).with_key(cheat.key).replace(FileName.ONNX, cheat.network)
    assert desk.refusal(with_its_network) is EntryFault.WRONG_LAYOUT
    hidden = Offered(desk.model).with_key(cheat.key)
    hidden.edit(FileName.MANIFEST, '"input_visibility": "public"', '"input_visibility": "private"')
    assert desk.refusal(hidden, desk.deriving_nothing) is EntryFault.WRONG_VISIBILITY
    honest_looking = Offered(desk.model).with_key(cheat.key)
    assert desk.refusal(honest_looking, desk.checks(change=0)) is EntryFault.FOREIGN_KEY
    assert not [path for path in desk.folder.iterdir() if path.is_dir()]
    # remembered: nothing is fetched for it again, and no other circuit either, until the time has passed
    held = len(honest_looking.asked)
    hurried = desk.checks(seconds=0.001)
    assert desk.refusal(honest_looking, hurried) is EntryFault.FOREIGN_KEY
    assert len(honest_looking.asked) == held
    assert desk.refusal(Offered(swapped_circuit), hurried) is EntryFault.TOO_SOON
    assert desk.refusal(Offered(swapped_circuit), desk.deriving_nothing) is EntryFault.LIMIT_EXCEEDED


@pytest.mark.parametrize(
    ("hostile", "fault"),
    [
        (lambda o: o.edit(FileName.MANIFEST, '"tag_limbs": 8', '"tag_limbs": 7'), EntryFault.WRONG_LAYOUT),
        (
            lambda o: o.edit(FileName.MANIFEST, '"ezkl_version": "23.0.5"', '"ezkl_version": "22.0.1"'),
            EntryFault.WRONG_VERSION,
        ),
        (lambda o: o.edit(FileName.SETTINGS, '"logrows": 11', '"logrows": 12'), EntryFault.TOO_MANY_ROWS),
        (lambda o: o.edit(FileName.SETTINGS, '"num_inner_cols": 1', '"num_inner_cols": 900'), EntryFault.MALFORMED),
        (lambda o: o.edit(FileName.SETTINGS, '"run_args"', '"other"'), EntryFault.MALFORMED),
        (lambda o: o.replace(FileName.SETTINGS, b"[" * 100_000), EntryFault.MALFORMED),
        (lambda o: o.replace(FileName.MANIFEST, b"\xff"), EntryFault.MALFORMED),
        (lambda o: o.replace(FileName.SETTINGS, b" " * (1024**2 + 1)), EntryFault.TOO_LARGE),
        (lambda o: o.files.pop(FileName.ONNX) and o, EntryFault.MALFORMED),
    ],
)
def test_admit_what_is_no_entry_is_refused_before_anything_runs(
    desk: Desk, hostile: Callable[[Offered], Offered], fault: EntryFault
) -> None:
    offered = hostile(Offered(desk.model))
    assert desk.refusal(offered, desk.deriving_nothing) is fault
    assert desk.known is not None
    assert desk.known.fault is fault


def test_admit_files_other_than_their_hashes_are_not_taken_nor_held_against_a_later_try(
    desk: Desk, swapped_circuit: Circuit
) -> None:
    offered = Offered(swapped_circuit)
    network = next(file for file in offered.bundle.files if file.name is FileName.ONNX)
    offered.lies[network.sha256] = bytes(network.size)
    assert desk.refusal(offered) is EntryFault.NOT_FETCHED
    assert desk.known is None
    offered.lies.clear()
    # it gets as far as to a process
    assert desk.refusal(offered, desk.deriving_nothing) is EntryFault.LIMIT_EXCEEDED


def test_admit_entry_larger_than_allowed_is_not_fetched(desk: Desk) -> None:
    offered = Offered(desk.model)
    assert desk.refusal(offered, desk.checks(largest=1000)) is EntryFault.TOO_LARGE
    assert offered.asked == [offered.bundle.bundle_hash]


def test_admit_bundle_of_another_circuit_than_entered_is_refused(desk: Desk) -> None:
    offered = Offered(desk.model)
    entry = offered.entry(circuit_id="0x" + "11" * 32)
    with offered.served() as url, pytest.raises(EntryRefusedError) as caught:
        asyncio.run(desk.checks().admit(entry, desk.miner, url, desk.model))
    assert caught.value.fault is EntryFault.WRONG_CIRCUIT


def test_admit_network_that_ends_or_outlasts_its_process_holds_up_no_other(desk: Desk) -> None:
    """Too little memory for EZKL, too little time, and a network that it cannot read."""
    assert desk.refusal(Offered(desk.model), desk.checks(memory=24 * 1024**2)) is EntryFault.LIMIT_EXCEEDED
    assert desk.refusal(Offered(desk.model), desk.deriving_nothing) is EntryFault.LIMIT_EXCEEDED
    unreadable = Offered(desk.model).replace(FileName.ONNX, b"no network")
    assert desk.refusal(unreadable, desk.checks(change=0)) is EntryFault.NOT_COMPILED
