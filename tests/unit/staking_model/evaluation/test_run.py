"""The whole evaluation in small: every set, every forecast, and no word too good."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from staking_model import evaluate_command
from staking_model.commands import model
from staking_model.dataset import DatasetSize, history_samples
from staking_model.evaluation.forecasts import CLIMATOLOGY, MEANINGS, NETWORK, simple_risks
from staking_model.evaluation.learned import LearnedRisks, TooFewEventsError
from staking_model.evaluation.pictures import draw
from staking_model.evaluation.refit import refit
from staking_model.evaluation.report import findings, report_markdown
from staking_model.evaluation.run import Evaluation, run_evaluation
from staking_model.evaluation.test_sets import REFITTED
from staking_model.history import read_histories
from staking_model.metrics import RiskMetrics, SetMetrics
from staking_model.network import random_weights
from staking_model.samples import joined
from staking_model.shipped import shipped_model
from staking_model.train import TrainingSettings
from statements.errors import ConfigurationError
from tests.unit.staking_model.test_history import steth_file, weeth_file

SIZE = DatasetSize(train_tokens=2, other_tokens=1, train_epochs=300, other_epochs=100, stride=2)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    folder = tmp_path_factory.mktemp("history")
    weeth_file(folder), steth_file(folder)
    return run_evaluation(
        random_weights(2, seed=1),
        shipped_model().card,
        read_histories([folder]),
        lambda _: None,
        SIZE,
        runs=10,
        refitted=TrainingSettings(hidden=2, seed=1, passes=1),
    )


def test_run_evaluation_every_set_has_every_forecast(found: Evaluation) -> None:
    names = [entry.name for entry in found.report.sets]
    assert names == [
        "held-out period (weETH)",
        "held-out period, without hindsight (weETH)",
        "held-out token (stETH)",
        "simulator",
        "held-out token (weETH), refitted without it",
        "held-out period (weETH), refitted without it",
    ]
    for entry in found.report.sets:
        assert set(entry.risk) == set(entry.skill_intervals) == set(entry.auc_intervals) == set(MEANINGS)
        assert entry.risk[CLIMATOLOGY].brier_skill == 0
        assert entry.risk[CLIMATOLOGY].auc == 0.5


def test_run_evaluation_durations_are_known_in_the_simulator_only(found: Evaluation) -> None:
    known = {entry.name: set(entry.duration) for entry in found.report.sets if entry.duration}
    assert known == {"simulator": set(MEANINGS) - {"ewma"}}


def test_run_evaluation_refitted_network_and_baselines_never_see_the_token(found: Evaluation) -> None:
    (history,) = (history for history in found.histories if history.token == "weETH")
    whole = history_samples(history, found.parameters)
    sets = {chosen.name: chosen for chosen in found.sets if REFITTED in chosen.name}
    asked = sets["held-out token (weETH), refitted without it"]
    assert len(asked.test) == len(whole)
    shown = {row.tobytes() for part in (asked.train, asked.validation) for row in part.inputs}
    assert not shown & {row.tobytes() for row in whole.inputs if np.abs(row).sum() > 0}
    # the real rows together count as much more as in training
    assert asked.weights is not None
    real = len(asked.train) - len(found.material.simulated.train)
    assert 0 < real < 120
    ratio = asked.weights[:real].sum() / asked.weights[real:].sum()
    assert ratio == pytest.approx(TrainingSettings().real_weight, rel=1e-3)
    # the shipped network and the other one do not say the same
    names = [entry.name for entry in found.report.sets]
    first, second = (found.risks[names.index(f"held-out period (weETH){end}")] for end in ("", f", {REFITTED}"))
    assert not np.allclose(first[NETWORK], second[NETWORK])
    assert first[CLIMATOLOGY][0] != second[CLIMATOLOGY][0]


def test_refit_without_a_second_token_has_nothing_to_say(found: Evaluation) -> None:
    for histories in ((), found.histories[:1], found.histories[1:]):
        assert refit(found.material, histories, found.parameters, TrainingSettings(), lambda _: None) is None


def test_simple_risks_weights_make_rows_count_several_times(found: Evaluation) -> None:
    train, test = found.material.simulated.train, found.material.simulated.test
    weights = np.ones(len(train), dtype=np.float32)
    weights[:50] = 3
    twice = joined([train, *(train.rows(slice(0, 50)),) * 2])
    weighted, repeated = simple_risks(train, test, weights), simple_risks(twice, test)
    for name, values in weighted.items():
        np.testing.assert_allclose(values, repeated[name], err_msg=name)


def test_run_evaluation_without_history_says_so() -> None:
    tiny = DatasetSize(train_tokens=1, other_tokens=1, train_epochs=60, other_epochs=40, stride=1)
    found = run_evaluation(random_weights(2, seed=1), shipped_model().card, (), lambda _: None, tiny, runs=2)
    assert [entry.name for entry in found.report.sets] == ["simulator"]
    assert "simulator alone" in report_markdown(found.report)


def test_learned_risks_one_label_only_raises(found: Evaluation) -> None:
    train = found.material.simulated.train
    quiet = train.rows(train.event < 0.5)
    with pytest.raises(TooFewEventsError, match="nothing can be learnt"):
        LearnedRisks(quiet, quiet)


def test_report_markdown_says_where_untrained_weights_do_not_win(found: Evaluation) -> None:
    text = report_markdown(found.report)
    assert "Where the network does not win" in text
    assert "not better than climatology" in text
    assert "exist only in the" in text


def risk(brier: float, auc: float) -> RiskMetrics:
    rest = dict.fromkeys(("brier_skill", "log_loss", "calibration_error", "alarm_precision"), 0.0)
    return RiskMetrics(brier=brier, auc=auc, onset_auc=auc, onset_brier_skill=0.0, **rest)


def test_findings_better_everywhere_and_equal_somewhere() -> None:
    def entry(brier: float) -> SetMetrics:
        return SetMetrics(
            name="x", about="y", windows=1, episodes=1, event_rate=0.1, onset_windows=1,
            risk={NETWORK: risk(brier, 0.7), CLIMATOLOGY: risk(0.1, 0.5)},
        )  # fmt: skip

    assert "beats every baseline" in findings(entry(0.09))
    assert "not better than climatology in Brier score (0.1000 against 0.1000)" in findings(entry(0.1))


def test_draw_writes_small_pictures(found: Evaluation, tmp_path: Path) -> None:
    # the made-up record covers no known depeg of weETH, that of stETH covers the begin of one
    written = draw(tmp_path, found)
    assert {path.name for path in written} >= {"reliability-simulator.png", "alarms-steth.png"}
    assert all(0 < path.stat().st_size < 100_000 for path in written)


def test_evaluate_command_writes_report_and_json(
    found: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("staking_model.evaluation.run.run_evaluation", lambda *_, **__: found)
    monkeypatch.setattr("staking_model.evaluation.pictures.draw", lambda *_: ())
    result = CliRunner(mix_stderr=False).invoke(model, ["evaluate", "--json", "--output", str(tmp_path / "out")])
    assert result.exit_code == 0, result.stderr
    assert len(json.loads(result.stdout)["sets"]) == 6
    assert (tmp_path / "out" / "evaluation.md").read_text("utf-8") == report_markdown(found.report)


def test_evaluate_command_without_lightgbm_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate_command, "find_spec", lambda package: None if package == "lightgbm" else object())
    result = CliRunner(mix_stderr=False).invoke(model, ["evaluate"])
    assert isinstance(result.exception, ConfigurationError)
    assert "pip install 'veristake[evaluate]'" in str(result.exception.remedy)


def test_simulated_sets_share_no_token_block(found: Evaluation) -> None:
    split = found.material.simulated
    assert split.train.time.max() < split.validation.time.min()
    assert split.validation.time.max() < split.test.time.min()
    assert len(np.unique(split.test.block)) >= 1
