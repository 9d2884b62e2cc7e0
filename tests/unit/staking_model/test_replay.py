from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staking_model.features import FeatureParameters, window_features
from staking_model.market import Move, observations_of
from staking_model.replay import WEETH_PEG_COLUMNS, Columns, ReplayError, read_replay

WEI = 10**18
PEG_SERIES = Path(__file__).resolve().parents[4] / "shared" / "data" / "weeth" / "weETH_peg_hourly_trimmed.csv"


def csv_file(folder: Path, *lines: str) -> Path:
    path = folder / "history.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_read_replay_plain_columns_gives_points_in_wei(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "timestamp,rate,price,supply",
        "2024-05-13T04:00:00Z,1.038194697747399700,1.0375,1000000",
        "2024-05-13 05:00:00+00:00,1.0382,1.0376,1000001.5",
    )
    market = read_replay(path, "weETH")
    first, second = market.points["weETH"]
    assert (first.epoch, first.timestamp) == (0, 1715572800)
    assert first.rate == 1038194697747399700
    assert second.price == 10376 * WEI // 10000
    assert second.supply == 1000001 * WEI + WEI // 2
    assert first.total == 0
    assert second.total == sum(move.amount for move in market.moves)
    assert {move.move for move in market.moves} == {Move.DEPOSIT}
    assert second.total <= second.supply


def test_read_replay_unix_seconds_without_supply_says_so(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "timestamp,rate,price", "1715572800,1.03,1.02", "1715576400,1.03,1.02")
    market = read_replay(path, "weETH")
    assert market.epochs == 2
    assert any("no supply" in note for note in market.notes)


def test_read_replay_finer_rows_take_the_last_of_each_hour(tmp_path: Path) -> None:
    rows = [f"{3600 * 10 + 600 * number},1,{1 + number / 1000}" for number in range(7)]
    points = read_replay(csv_file(tmp_path, "timestamp,rate,price", *rows), "x").points["x"]
    assert [point.price for point in points] == [1005 * WEI // 1000, 1006 * WEI // 1000]


def test_read_replay_coarser_rows_repeat_and_say_so(tmp_path: Path) -> None:
    market = read_replay(csv_file(tmp_path, "timestamp,rate,price", "0,1,0.9", "36000,1,0.8"), "x")
    assert [point.price for point in market.points["x"]] == [9 * WEI // 10] * 10 + [8 * WEI // 10]
    assert any("9 of 11 epochs have no row" in note for note in market.notes)


def test_read_replay_last_epochs_are_numbered_from_zero(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "timestamp,rate,price", *(f"{3600 * hour},1,1" for hour in range(30)))
    points = read_replay(path, "x", epochs=12).points["x"]
    assert [point.epoch for point in points] == list(range(12))
    assert points[-1].timestamp == 29 * 3600


@given(st.integers(1, 10**24), st.integers(1, 10**24))
def test_read_replay_any_wei_value_survives_decimal_text(
    tmp_path_factory: pytest.TempPathFactory, rate: int, price: int
) -> None:
    def text(wei: int) -> str:
        return f"{wei // WEI}.{wei % WEI:018d}"

    path = csv_file(tmp_path_factory.mktemp("csv"), "timestamp,rate,price", f"0,{text(rate)},{text(price)}")
    point = read_replay(path, "x").points["x"][0]
    assert (point.rate, point.price) == (rate, price)


@pytest.mark.parametrize(
    ("row", "column", "fault"),
    [
        ("0,abc,1,1", "rate", "'abc' is not a number"),
        ("0,1,,1", "price", "'' is not a number"),
        ("0,1,0,1", "price", "'0' is out of range"),
        ("0,1,-2,1", "price", "'-2' is out of range"),
        ("0,nan,1,1", "rate", "'nan' is out of range"),
        ("0,1e60,1,1", "rate", "'1e60' is out of range"),
        ("0,1,1e-30,1", "price", "'1e-30' is out of range"),
        ("0,1,1,Infinity", "supply", "'Infinity' is out of range"),
        ("yesterday,1,1,1", "timestamp", "'yesterday' is not a time"),
        ("-5,1,1,1", "timestamp", "'-5' is not a time"),
        ("99999999999999,1,1,1", "timestamp", "'99999999999999' is not a time"),
        ("0,1", "price", "'' is not a number"),
    ],
)
def test_read_replay_bad_value_names_file_line_column_value(tmp_path: Path, row: str, column: str, fault: str) -> None:
    path = csv_file(tmp_path, "timestamp,rate,price,supply", "0,1,1,1", row)
    with pytest.raises(ReplayError) as caught:
        read_replay(path, "x")
    assert f"{path} line 3, column {column}: {fault}" in caught.value.message
    assert caught.value.remedy


def test_read_replay_newest_first_raises(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "timestamp,rate,price", "7200,1,1", "3600,1,1")
    with pytest.raises(ReplayError, match=r"older than the row before.*Sort the rows"):
        read_replay(path, "x")


def test_read_replay_missing_column_names_those_there(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="no column 'rate' among timestamp, price"):
        read_replay(csv_file(tmp_path, "timestamp,price", "0,1"), "x")


def test_read_replay_empty_file_raises(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="no column 'timestamp' among none"):
        read_replay(csv_file(tmp_path, ""), "x")


def test_read_replay_header_only_raises(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="has no rows"):
        read_replay(csv_file(tmp_path, "timestamp,rate,price"), "x")


def test_read_replay_milliseconds_raise(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "timestamp,rate,price", "0,1,1", "900000000000,1,1")
    with pytest.raises(ReplayError, match=r"spans .* epochs.*not milliseconds"):
        read_replay(path, "x")


def test_read_replay_missing_file_raises(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="cannot read"):
        read_replay(tmp_path / "none.csv", "x")


def test_read_replay_binary_file_raises(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ReplayError, match="is not CSV text"):
        read_replay(path, "x")


def test_parse_columns_names_some_and_keeps_the_rest() -> None:
    assert Columns.parse("rate=protocol_rate_eth, price=market") == Columns(rate="protocol_rate_eth", price="market")
    assert Columns.parse("") == Columns()


@pytest.mark.parametrize("text", ["rate", "rate=", "apy=x", "=x"])
def test_parse_columns_malformed_raises(text: str) -> None:
    with pytest.raises(ReplayError, match="is not understood"):
        Columns.parse(text)


@pytest.mark.skipif(not PEG_SERIES.exists(), reason="../shared/data/weeth is not beside the project")
def test_read_replay_weeth_peg_series_gives_windows() -> None:
    market = read_replay(PEG_SERIES, "weETH", columns=WEETH_PEG_COLUMNS, epochs=48)
    points = market.points["weETH"]
    assert len(points) == 48
    assert all(abs(point.price / point.rate - 1) < 0.01 for point in points)
    inputs = window_features(observations_of(points)[-9:], FeatureParameters())
    assert any(inputs)
