"""The same recipe gives the same circuit: compiled as committed, and with one SRS the same keys and verifier."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import PROJECT
from verifier_gen.circuit import CircuitPaths, read_manifest
from verifier_gen.lock import compute_lock, differences, order_free_digest, read_lock
from verifier_gen.recipe import RECIPES, load_recipe


@pytest.mark.parametrize("name", ["staking", "tiny", "canary"])
def test_compute_lock_of_a_shipped_recipe_is_the_committed_one(name: str) -> None:
    path = RECIPES / f"{name}.toml"
    changed = differences(read_lock(path), compute_lock(load_recipe(path)))
    assert not changed, f"{changed}; if the change is meant: veristake circuit lock {name}"


def test_compute_lock_of_a_changed_recipe_differs() -> None:
    path = RECIPES / "tiny.toml"
    changed = load_recipe(path).model_copy(update={"decomp_legs": 6})
    fields = [line.partition(":")[0] for line in differences(read_lock(path), compute_lock(changed))]
    assert fields == ["settings_hash", "compiled_digest"]


def test_order_free_digest_knows_another_byte_and_not_another_order(tmp_path: Path) -> None:
    one, two, other = (tmp_path / name for name in ("one", "two", "other"))
    one.write_bytes(b"abcab")
    two.write_bytes(b"baabc")
    other.write_bytes(b"abcac")
    assert order_free_digest(one) == order_free_digest(two) != order_free_digest(other)


def test_build_twice_in_processes_of_their_own_gives_one_key_and_one_verifier(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "veristake", "circuit", "build", "tiny", "--out", str(tmp_path / seed)]
        command += ["--srs", str(PROJECT / "build" / "srs"), "--contracts", str(tmp_path / "none"), "--no-chain"]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(command, check=True, capture_output=True, env=environment, timeout=300)
    first, second = (tmp_path / seed / "tiny" for seed in ("1", "2"))
    for field in ("settings_hash", "verifying_key_hash", "verifier_source_hash", "srs_hash", "rows"):
        assert getattr(read_manifest(first), field) == getattr(read_manifest(second), field)
    compiled = [order_free_digest(CircuitPaths(folder).compiled) for folder in (first, second)]
    assert compiled[0] == compiled[1]
