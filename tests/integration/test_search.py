"""The circuit search with real EZKL: killed and resumed, one candidate proven; rewrites save rows and keep outputs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.integration.conftest import BUILD
from tests.unit.verifier_gen.test_rewrites import FEATURES, STEPS, lstm
from verifier_gen.circuit import CircuitPaths
from verifier_gen.graph.rewrites_kinds import Rewrite
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.search.candidate import Candidate
from verifier_gen.search.count import count_candidate
from verifier_gen.search.limits import Limits, run_limited
from verifier_gen.search.target import prepare_target, random_tests

CANDIDATES = 3
PLAIN = Candidate(input_scale=12, param_scale=12, decomp_base=16_384, decomp_legs=2)
REWRITTEN = Candidate(rewrites=tuple(Rewrite), input_scale=12, param_scale=0, decomp_base=16_384, decomp_legs=2)


def command(out: Path, *more: str) -> list[str]:
    options = ["--limit", str(CANDIDATES), "--prove", "1", "--no-chain", "--test-count", "5", "--json"]
    folders = ["--out", str(out), "--srs", str(BUILD / "srs")]
    return [sys.executable, "-m", "veristake", "circuit", "search", "tiny", *options, *folders, *more]


def test_search_killed_goes_on_and_proves_one(tmp_path: Path) -> None:
    kept = tmp_path / "tiny.jsonl"
    running = subprocess.Popen(command(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while (not kept.exists() or not kept.read_bytes().count(b"\n")) and time.monotonic() < deadline:
        assert running.poll() is None
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    before = [line for line in kept.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    assert before
    # as a crash amid a write would leave it
    kept.write_bytes(b"".join(before) + b'{"key"')

    recipe_path = tmp_path / "best.toml"
    done = subprocess.run(
        command(tmp_path, "--write-recipe", str(recipe_path)), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    # what was counted before the kill is not counted again: its line stands, once
    lines = kept.read_bytes().splitlines(keepends=True)
    assert lines[: len(before)] == before
    assert len(document["results"]) == CANDIDATES
    proven = [result for result in document["results"] if result["proven"]]
    assert len(proven) == 1
    assert proven[0]["key"] == document["best"]
    assert proven[0]["proven"]["error"] <= 0.005
    assert proven[0]["counted"]["mismatches"] == 0
    recipe = load_recipe(recipe_path)
    assert recipe.onnx.is_file()
    assert recipe.logrows == proven[0]["counted"]["logrows"]


def test_count_candidate_rewritten_lstm_fewer_rows_same_outputs(tmp_path: Path) -> None:
    onnx = tmp_path / "lstm.onnx"
    onnx.write_bytes(lstm().SerializeToString(deterministic=True))
    tiny = load_recipe(RECIPES / "tiny.toml")
    recipe = tiny.model_copy(update={"onnx": onnx, "inputs": STEPS * FEATURES, "tag_limbs": 0, "prepare": True})
    target = prepare_target(recipe, tmp_path, random_tests(recipe.inputs, -1, 1, 6), range_given=False)
    plain, rewritten = (
        run_limited(Limits(), count_candidate, target, candidate, CircuitPaths(tmp_path / name))
        for name, candidate in (("plain", PLAIN), ("rewritten", REWRITTEN))
    )
    assert rewritten.rows < 0.75 * plain.rows
    assert rewritten.tables < plain.tables
    assert plain.max_error < 0.005
    assert rewritten.max_error < 0.005
