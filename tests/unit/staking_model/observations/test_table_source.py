from pathlib import Path

import pytest

from staking_model.features import FeatureParameters
from staking_model.observations.columns import DAY, LAYOUTS, Columns, HistoryError, Layout
from staking_model.observations.source import input_windows, unbroken_runs
from staking_model.observations.table_source import TableSource
from statements.errors import ConfigurationError
from tests.unit.staking_model.windows import observation

WEI = 10**18
DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not beside the project")


def table(folder: Path, *lines: str) -> Path:
    path = folder / "history.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_history_short_gap_is_carried_and_long_gap_starts_again(tmp_path: Path) -> None:
    hours = (100, 101, 104, 108)
    path = table(tmp_path, "timestamp,rate,price", *(f"{hour * 3600},1,0.{hour}" for hour in hours))
    made = TableSource(path, "x").history("x").observations
    assert [o.epoch for o in made] == [100, 101, 102, 103, 104, 108]
    assert [o.carried for o in made] == [False, False, True, True, False, False]
    assert [o.elapsed for o in made] == [1, 1, 1, 1, 3, 1]
    assert made[2].price == made[1].price
    assert [len(run) for run in unbroken_runs(made)] == [5, 1]


def test_history_last_row_of_an_epoch_counts(tmp_path: Path) -> None:
    path = table(tmp_path, "timestamp,rate,price", "3600,1,0.9", "7000,1,0.8", "7200,1,0.7")
    made = TableSource(path, "x").history("x").observations
    assert [(o.price * 10 // WEI, o.observed_at) for o in made] == [(8, 7000), (7, 7200)]


def test_history_daily_step_counts_24_hours(tmp_path: Path) -> None:
    path = table(tmp_path, "timestamp,rate,price", "2024-01-01,1,1", "2024-01-02,1,0.976")
    history = TableSource(path, "x", Layout(epoch_seconds=DAY)).history("x")
    assert history.epoch_seconds == DAY
    assert [o.elapsed for o in history.observations] == [24, 24]
    assert [o.epoch for o in history.observations] == [19723, 19724]


def test_history_newest_first_in_wei_with_unit_rate_is_turned_round(tmp_path: Path) -> None:
    path = table(tmp_path, "update,answer", "172800,980000000000000000", "86400,990000000000000000")
    made = TableSource(path, "stETH", LAYOUTS["steth-rounds"]).history("stETH").observations
    assert [(o.rate, o.price) for o in made] == [(WEI, 99 * WEI // 100), (WEI, 98 * WEI // 100)]


def test_history_newest_first_unsorted_raises(tmp_path: Path) -> None:
    path = table(tmp_path, "update,answer", "86400,990000000000000000", "172800,980000000000000000")
    with pytest.raises(HistoryError, match=r"line 3, column update: '172800' is newer than the row before"):
        TableSource(path, "stETH", LAYOUTS["steth-rounds"]).history("stETH")


def test_history_blank_cells_are_skipped_only_where_the_layout_says_so(tmp_path: Path) -> None:
    path = table(tmp_path, "date,chainlink_last", "2024-01-01,", "2024-01-02,0.99")
    assert len(TableSource(path, "s", LAYOUTS["steth-daily"]).history("s").observations) == 1
    strict = Layout(Columns(timestamp="date", price="chainlink_last"), DAY, unit_rate=True)
    with pytest.raises(HistoryError, match=r"line 2, column chainlink_last: '' is not a number"):
        TableSource(path, "s", strict).history("s")


def test_history_total_column_gives_flow(tmp_path: Path) -> None:
    path = table(tmp_path, "timestamp,rate,price,supply,total", "0,1,1,1000,500", "3600,1,1,1000,0")
    made = TableSource(path, "x").history("x").observations
    assert [o.mean_total for o in made] == [500 * WEI, 0]
    assert made[0].supply == 1000 * WEI


def test_history_without_price_column_says_that_the_premium_is_nothing(tmp_path: Path) -> None:
    path = table(tmp_path, "timestamp,rate", "0,1.1")
    history = TableSource(path, "x", Layout(price_at_rate=True)).history("x")
    assert history.observations[0].price == history.observations[0].rate
    assert any("no market price" in note for note in history.notes)


def test_history_rate_delay_takes_the_rate_of_before_and_drops_what_has_none(tmp_path: Path) -> None:
    path = table(tmp_path, "timestamp,rate,price", *(f"{hour * 3600},1.{hour:02d},1" for hour in range(30)))
    made = TableSource(path, "x", Layout(rate_delay=DAY)).history("x").observations
    assert [o.epoch for o in made] == list(range(24, 30))
    assert [o.rate for o in made] == [WEI + hour * WEI // 100 for hour in range(6)]


def test_history_any_table_knows_no_events(tmp_path: Path) -> None:
    history = TableSource(table(tmp_path, "timestamp,rate,price", "0,1,1"), "x").history("x")
    assert history.events is None
    assert any("knows no holders" in note for note in history.notes)


def test_history_other_asset_raises(tmp_path: Path) -> None:
    source = TableSource(table(tmp_path, "timestamp,rate,price", "0,1,1"), "x")
    assert source.assets() == ("x",)
    with pytest.raises(ConfigurationError, match="is about x, not y"):
        source.history("y")


def test_history_milliseconds_raise(tmp_path: Path) -> None:
    path = table(tmp_path, "timestamp,rate,price", "0,1,1", "900000000000,1,1")
    with pytest.raises(HistoryError, match=r"spans .* epochs.*not milliseconds"):
        TableSource(path, "x").history("x")


def test_history_parquet_equals_csv(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    from datetime import UTC, datetime

    times = [datetime(2024, 1, 1, hour, tzinfo=UTC) for hour in range(12)]
    prices = [1 - hour / 1000 for hour in range(12)]
    path = tmp_path / "history.parquet"
    parquet.write_table(pyarrow.table({"timestamp": times, "rate": [1.0] * 12, "price": prices}), path)
    text = table(
        tmp_path, "timestamp,rate,price", *(f"{t.isoformat()},1.0,{p}" for t, p in zip(times, prices, strict=True))
    )
    made = TableSource(path, "x").history("x")
    assert made.observations == TableSource(text, "x").history("x").observations
    assert len(list(input_windows(made.observations, FeatureParameters()))) == 4


def test_history_parquet_bad_value_names_row_and_column(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "history.parquet"
    parquet.write_table(pyarrow.table({"timestamp": [0, 3600], "rate": [1.0, 1.0], "price": [1.0, None]}), path)
    with pytest.raises(HistoryError, match=r"history.parquet row 2, column price: '' is not a number"):
        TableSource(path, "x").history("x")


def test_history_parquet_that_is_none_raises(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "history.parquet"
    path.write_bytes(b"timestamp,rate,price\n")
    with pytest.raises(HistoryError, match="is not a Parquet file"):
        TableSource(path, "x").history("x")


def test_history_parquet_without_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("staking_model.observations.tables.find_spec", lambda _name: None)
    with pytest.raises(HistoryError, match=r"'pyarrow' is not installed.*veristake\[evaluate\]"):
        TableSource(tmp_path / "x.parquet", "x").history("x")


def test_unbroken_runs_break_at_missing_epochs_and_other_configs() -> None:
    series = [observation(epoch) for epoch in (1, 2, 4)] + [observation(epoch, config_version=2) for epoch in (5, 6)]
    assert [[o.epoch for o in run] for run in unbroken_runs(series)] == [[1, 2], [4], [5, 6]]
    assert list(unbroken_runs([])) == []


@needs_data
@pytest.mark.parametrize(
    ("file", "layout", "observations"),
    [
        ("weeth/weETH_peg_hourly_trimmed.csv", "weeth-peg", 12_000),
        ("weeth/weETH_peg_hourly_trimmed.csv", "weeth-peg-strict", 11_900),
        ("chainlink_steth_eth/0x86392dC19c0b719886221c78AB11eb8Cf5c52812.csv", "steth-rounds", 720),
        ("steth_daily/steth_daily_panel.csv", "steth-daily", 730),
        ("steth_daily/steth_daily_panel.csv", "steth-daily-flow", 500),
        ("reth/reth_rate_supply.csv", "reth-rate", 1000),
    ],
)
def test_history_public_data_is_read_by_its_layout(file: str, layout: str, observations: int) -> None:
    history = TableSource(DATA / file, "token", LAYOUTS[layout]).history("token")
    assert len(history.observations) >= observations
    assert all(0.9 < o.price / o.rate < 1.1 for o in history.observations)
    windows = sum(1 for _ in input_windows(history.observations, FeatureParameters()))
    assert windows > observations // 2


@needs_data
def test_history_steth_rounds_hold_the_low_of_june_2022() -> None:
    path = DATA / "chainlink_steth_eth" / "0x86392dC19c0b719886221c78AB11eb8Cf5c52812.csv"
    made = TableSource(path, "stETH", LAYOUTS["steth-rounds"]).history("stETH").observations
    lowest = min(made, key=lambda o: o.price)
    assert (round(lowest.price / WEI, 5), lowest.epoch) == (0.93502, 19161)
