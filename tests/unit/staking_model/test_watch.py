import json
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from staking_model.calibrate_command import calibrate, calibration_text
from staking_model.calibrated import Calibration
from staking_model.commands import model
from staking_model.drift import Verdict, feature_ranges
from staking_model.features import FeatureParameters
from staking_model.observations.source import AssetHistory, input_windows
from staking_model.shipped import shipped_model
from staking_model.watch import DriftError, report_text, watch_report
from statements.errors import ChainError, ConfigurationError
from tests.unit.staking_model.windows import WEI, observation

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
PARAMETERS = FeatureParameters(
    premium_factor=40, premium_change_factor=200, flow_factor=50, rate_growth_factor=40000, input_scale_bits=12
)


def history(prices: list[int], first: int = 100) -> AssetHistory:
    return AssetHistory("x", 3600, tuple(observation(first + n, price=price) for n, price in enumerate(prices)), None)


def calm(count: int, seed: int = 1) -> list[int]:
    random = np.random.default_rng(seed)
    return [WEI + int(random.integers(-WEI // 10**4, WEI // 10**4)) for _ in range(count)]


@pytest.fixture(scope="module")
def ranges():  # type: ignore[no-untyped-def] # the card's own type
    windows = [values for _, values in input_windows(history(calm(800)).observations, PARAMETERS)]
    return feature_ranges(np.asarray(windows) / PARAMETERS.one)


def test_watch_report_inputs_as_in_training_do_not_drift(ranges) -> None:  # type: ignore[no-untyped-def]
    report = watch_report(history(calm(800)), PARAMETERS, PARAMETERS, ranges, last=10_000)
    assert not report.drifts
    assert report.windows == 792
    assert {feature.verdict for feature in report.features} == {Verdict.IN_RANGE}
    assert "inputs are like training's" in report_text(report)


def test_watch_report_depeg_drifts_and_names_the_features(ranges) -> None:  # type: ignore[no-untyped-def]
    prices = calm(20) + [WEI - WEI * step // 100 for step in range(1, 9)]
    report = watch_report(history(prices), PARAMETERS, PARAMETERS, ranges, last=8)
    assert report.drifts
    assert report.features[0].verdict is Verdict.OUTSIDE
    assert report.features[0].newest == -1.0
    assert report.features[2].verdict is Verdict.IN_RANGE
    text = report_text(report)
    assert "DRIFT" in text
    assert "outside" in text


def test_watch_report_only_the_newest_windows_count(ranges) -> None:  # type: ignore[no-untyped-def]
    prices = [WEI // 2, *calm(60)]
    assert not watch_report(history(prices), PARAMETERS, PARAMETERS, ranges, last=20).drifts
    assert watch_report(history(prices), PARAMETERS, PARAMETERS, ranges, last=60).drifts


def test_watch_report_other_factors_are_drift_with_the_reason(ranges) -> None:  # type: ignore[no-untyped-def]
    other = PARAMETERS.model_copy(update={"flow_factor": PARAMETERS.flow_factor + 1})
    report = watch_report(history(calm(20)), other, PARAMETERS, ranges, last=5)
    assert report.drifts
    assert f"flow_factor {other.flow_factor} instead of {PARAMETERS.flow_factor}" in report.remarks[-1]


def test_watch_report_shift_alone_counts_only_when_strict(ranges) -> None:  # type: ignore[no-untyped-def]
    low = [price - WEI // 12_500 for price in calm(200, 2)]
    level = [max(price, WEI - WEI // 10**4 * 9 // 10) for price in low]
    arguments = (history(level), PARAMETERS, PARAMETERS, ranges)
    assert watch_report(*arguments, last=150).features[0].verdict is Verdict.SHIFTED
    assert not watch_report(*arguments, last=150).drifts
    assert watch_report(*arguments, last=150, strict=True).drifts


def test_watch_report_too_few_epochs_raises(ranges) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigurationError, match="x has 8 observations, but no 9 in a row"):
        watch_report(history(calm(8)), PARAMETERS, PARAMETERS, ranges, last=5)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(model, [str(argument) for argument in arguments])


def history_file(folder: Path, prices: list[float]) -> Path:
    rows = [f"{3600 * hour},{1.04 + hour * 4e-6},{price * 1.04}" for hour, price in enumerate(prices)]
    path = folder / "token.csv"
    path.write_text("\n".join(["timestamp,rate,price", *rows]) + "\n", "utf-8")
    return path


def test_watch_file_that_crashes_prints_json_and_exits_with_four(tmp_path: Path) -> None:
    prices = [0.999] * 20 + [0.999 - 0.02 * step for step in range(12)]
    result = invoke("watch", "--history", history_file(tmp_path, prices), "--json", "--last", 8)
    assert isinstance(result.exception, DriftError)
    assert result.exception.exit_code == 4
    report = json.loads(result.stdout)
    assert report["asset"] == "token"
    assert report["drifts"]
    assert report["features"][0]["name"] == "premium"
    assert report["features"][0]["clipped_share"] > 0.5


def test_watch_calm_file_exits_with_zero(tmp_path: Path) -> None:
    prices = [1 - 0.0008 - 0.00002 * (hour % 5) for hour in range(60)]
    result = invoke("watch", "--history", history_file(tmp_path, prices), "--last", 40)
    assert result.exception is None, result.exception
    assert "inputs are like training's" in result.stdout
    assert result.stdout.count("in range") + result.stdout.count("shifted") == 4


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ((), "either a history file or endpoints"),
        (("--history", "x.csv", "--endpoint", "http://localhost:1"), "either a history file or endpoints"),
        (("--endpoint", "http://localhost:1", "--chain-id", 1), "--observer, --asset is needed as well"),
        (("--endpoints-file", "none.txt"), "cannot read none.txt"),
    ],
)
def test_watch_incomplete_arguments_raise(arguments: tuple[object, ...], fault: str) -> None:
    result = invoke("watch", *arguments)
    assert isinstance(result.exception, ConfigurationError)
    assert fault in str(result.exception)


def test_watch_follow_reports_again_and_outlives_a_node_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = history_file(tmp_path, [0.999] * 30)
    slept: list[int] = []

    def sleep(seconds: int) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt
        monkeypatch.setattr("staking_model.observations.table_source.TableSource.history", failing)

    def failing(*_: object) -> AssetHistory:
        raise ChainError("no node answers")

    monkeypatch.setattr("staking_model.watch_command.time.sleep", sleep)
    result = CliRunner().invoke(model, ["watch", "--history", str(path), "--follow", "60"], standalone_mode=False)
    assert isinstance(result.exception, click.Abort | KeyboardInterrupt)
    assert slept == [60, 60, 60]
    assert result.stdout.count("windows from") == 1
    assert result.output.count("no node answers") == 2


def test_shipped_card_has_a_range_for_each_feature() -> None:
    card = shipped_model().card
    assert tuple(known.name for known in card.feature_ranges) == card.features


@pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not beside the project")
def test_calibrate_command_writes_the_figures(tmp_path: Path) -> None:
    result = CliRunner().invoke(calibrate, [str(DATA), "--output", str(tmp_path / "c.json"), "--json"])
    assert result.exception is None, result.exception
    written = Calibration.model_validate_json((tmp_path / "c.json").read_text("utf-8"))
    assert Calibration.model_validate_json(result.stdout) == written
    assert len(written.figures) == 19
    assert len(written.episodes) == 18
    assert calibration_text(written).count("episode  ") == 18
