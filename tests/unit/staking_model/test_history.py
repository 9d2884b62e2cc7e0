from pathlib import Path

import numpy as np
import pytest

from staking_model.dataset import HISTORY_CUTS, history_samples, recent_events, split_history
from staking_model.event_rules import DAILY, HOURLY
from staking_model.features import FeatureParameters
from staking_model.history import History, read_histories, without_hindsight
from staking_model.observations.columns import HistoryError

HOUR, DAY = 3600, 86400
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def weeth_file(folder: Path, hours: int = 1200) -> Path:
    random = np.random.default_rng(1)
    rates = 1.03 * np.exp(3e-6 * np.arange(hours))
    # every 220 hours the price falls by 0.1 % and comes back: the spread of 168 hours does not know the fall before
    falls = 0.001 * (np.arange(hours) % 220 > 200)
    prices = rates * (1 - 0.0005 - falls + random.normal(0, 1e-6, hours))
    path = folder / "weeth.csv"
    rows = [f"{HOUR * (h + 1)},{r:.12f},{p:.12f}" for h, (r, p) in enumerate(zip(rates, prices, strict=True))]
    path.write_text("\n".join(["timestamp,protocol_rate_eth,market_rate_eth_median24h", *rows]), "utf-8")
    return path


def steth_file(folder: Path, days: int = 120) -> Path:
    path = folder / "steth.csv"
    prices = 1 - 0.001 * np.random.default_rng(2).uniform(0, 1, days)
    dates = np.datetime64("2022-01-01") + np.arange(days)
    path.write_text("\n".join(["date,chainlink_last", *(f"{d},{p}" for d, p in zip(dates, prices, strict=True))]))
    return path


def weeth(folder: Path) -> History:
    return read_histories([weeth_file(folder)])[0]


def test_read_histories_folder_finds_what_it_understands(tmp_path: Path) -> None:
    weeth_file(tmp_path), steth_file(tmp_path)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    found = {history.token: history for history in read_histories([tmp_path])}
    assert set(found) == {"weETH", "stETH"}
    assert (found["weETH"].rule, found["stETH"].rule) == (HOURLY, DAILY)
    assert {o.elapsed for o in found["stETH"].observations} == {24}
    assert {o.rate for o in found["stETH"].observations} == {10**18}


def test_read_histories_unknown_file_and_missing_file_raise(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(HistoryError, match="no history that is understood"):
        read_histories([tmp_path / "other.csv"])
    with pytest.raises(HistoryError, match="cannot read"):
        read_histories([tmp_path / "none.csv"])


def parquet_of(csv: Path, path: Path) -> Path:
    """The same cells in a Parquet file."""
    pytest.importorskip("pyarrow")
    from pyarrow.csv import read_csv
    from pyarrow.parquet import write_table

    write_table(read_csv(csv), path)
    return path


def test_read_histories_parquet_equals_csv(tmp_path: Path) -> None:
    for make, name in ((weeth_file, "weETH"), (steth_file, "stETH")):
        csv = make(tmp_path)
        (text,) = read_histories([csv])
        (tmp_path / "columns").mkdir(exist_ok=True)
        file = parquet_of(csv, tmp_path / "columns" / f"{name}.parquet")
        (binary,) = read_histories([file])
        assert binary.token == text.token == name
        assert (binary.rule, binary.layout) == (text.rule, text.layout)
        assert binary.observations == text.observations
        assert binary.sha256 != text.sha256
    found = {history.token: history for history in read_histories([tmp_path / "columns"])}
    assert set(found) == {"weETH", "stETH"}
    strict = without_hindsight(found["weETH"])
    assert strict is not None
    assert strict.observations == without_hindsight(weeth(tmp_path)).observations  # type: ignore[union-attr]


def test_read_histories_two_files_about_one_token_raise(tmp_path: Path) -> None:
    csv = weeth_file(tmp_path)
    assert len(read_histories([csv, csv, tmp_path])) == 1
    other = tmp_path / "other.csv"
    other.write_text("\n".join(csv.read_text().splitlines()[:-1]), "utf-8")
    with pytest.raises(HistoryError, match=r"(weeth|other).csv and .*(other|weeth).csv are both about weETH"):
        read_histories([tmp_path])


def test_without_hindsight_takes_the_rate_of_a_day_earlier(tmp_path: Path) -> None:
    history = weeth(tmp_path)
    strict = without_hindsight(history)
    assert strict is not None
    rates = {o.epoch: o.rate for o in history.observations}
    assert all(o.rate == rates[o.epoch - 24] for o in strict.observations)
    prices = {o.epoch: o.price for o in history.observations}
    assert all(o.price == prices[o.epoch] for o in strict.observations)
    assert without_hindsight(read_histories([steth_file(tmp_path)])[0]) is None


def test_split_history_no_label_looks_into_the_next_set(tmp_path: Path) -> None:
    history = weeth(tmp_path)
    split = split_history(history, FeatureParameters())
    horizon = HOURLY.horizon * HOUR
    assert split.train.time.max() + horizon < split.validation.time.min()
    assert split.validation.time.max() + horizon < split.test.time.min()
    first, last = history.observations[0].observed_at, history.observations[-1].observed_at
    assert split.test.time.min() >= first + HISTORY_CUTS[1] * (last - first)
    # what comes after the cut changes no label before the gap
    cut = int(split.validation.time.min())
    early = History(**{**vars(history), "observations": tuple(o for o in history.observations if o.observed_at <= cut)})
    known = history_samples(early, FeatureParameters())
    np.testing.assert_array_equal(known.event[: len(split.train)], split.train.event)


def test_history_samples_know_no_stake(tmp_path: Path) -> None:
    samples = history_samples(weeth(tmp_path), FeatureParameters())
    assert np.isnan(samples.duration).all()
    assert (samples.inputs[:, 2::4] == 0).all()
    assert np.isfinite(samples.event).all()


def test_recent_events_never_looks_ahead() -> None:
    events = (np.random.default_rng(1).uniform(size=100) < 0.3).astype(np.float64)
    changed = events.copy()
    changed[60:] = 1 - changed[60:]
    before, after = recent_events(events, 5), recent_events(changed, 5)
    # the label of epoch 60 is known at 65
    np.testing.assert_array_equal(before[:65], after[:65])
    assert before[65] != after[65]


@pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not beside the project")
def test_history_samples_weeth_has_the_known_base_rates() -> None:
    history = {h.token: h for h in read_histories([DATA / "weeth"])}["weETH"]
    samples = history_samples(history, FeatureParameters())
    cut = int(0.7 * len(samples))
    assert samples.event[:cut].mean() == pytest.approx(0.06, abs=0.005)
    assert samples.event[cut:].mean() == pytest.approx(0.11, abs=0.005)
