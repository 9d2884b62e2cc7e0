"""Which files of its circuits a miner gives to anybody, as its settings say."""

from __future__ import annotations

import pytest

from neurons.artefacts.bundle import FileName, bundle_of
from neurons.miner.holdings import HeldCircuits
from neurons.miner.run import make_shelf
from neurons.miner.settings import ArtefactSettings, MinerSettings
from verifier_gen.circuit import Circuit


@pytest.mark.parametrize("proving_keys", [None, False, True])
def test_make_shelf_proving_keys_are_served_only_when_the_settings_say_so(
    tiny_circuit: Circuit, proving_keys: bool | None
) -> None:
    chosen = {} if proving_keys is None else {"proving_keys": proving_keys}
    settings = MinerSettings.model_construct(artefacts=ArtefactSettings.model_validate(chosen))
    shelf = make_shelf(settings, HeldCircuits([tiny_circuit]))
    assert shelf is not None
    served = {file.name for file in bundle_of(tiny_circuit).files if shelf.find(file.sha256) is not None}
    everything = {file.name for file in bundle_of(tiny_circuit).files}
    assert served == (everything if proving_keys else everything - {FileName.PROVING_KEY})
    assert {FileName.MANIFEST, FileName.SETTINGS, FileName.ONNX} <= served, "what a validator fetches of an entry"
    assert len(shelf.bundles) == 1


def test_make_shelf_nothing_is_served_when_the_settings_say_so(tiny_circuit: Circuit) -> None:
    settings = MinerSettings.model_construct(artefacts=ArtefactSettings(serve=False))
    assert make_shelf(settings, HeldCircuits([tiny_circuit])) is None
