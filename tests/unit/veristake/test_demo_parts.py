"""Parts of the demo that need no chain."""

import csv
import tomllib
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from rich.console import Console

from statements.errors import ConfigurationError
from veristake.demo.contract_errors import describe_revert
from veristake.demo.market_source import MarketChoice, make_market
from veristake.demo.result import AttackResult, DemoResult, LoanResult, ScoreResult, write_result
from veristake.demo.settings_files import _toml
from veristake.demo.show import Stages, attack_table, score_table

START = 498600 * 3600


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.csv"
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["timestamp", "rate", "price", "supply"])
        rows.writerows([1_700_000_000 + 3600 * i, 1.04 + i / 1e5, 1.03, 1000 + i] for i in range(30))
    return path


def test_make_market_simulated_starts_on_time_and_same_seed_is_same() -> None:
    market = make_market(MarketChoice(), START)
    assert market.epochs == 24
    assert {points[0].timestamp for points in market.points.values()} == {START}
    assert make_market(MarketChoice(), START) == market
    assert make_market(MarketChoice(seed=8), START) != market


def test_make_market_replayed_asset_has_the_files_newest_hours_at_the_chains_time(history: Path) -> None:
    market = make_market(MarketChoice(replay=history), START)
    points = market.points["weETH"]
    assert [point.timestamp for point in points] == [START + 3600 * i for i in range(24)]
    assert points[-1].rate == 1_040_290_000_000_000_000
    assert points[-1].supply == 1029 * 10**18
    assert set(market.points) == {"ezETH", "weETH", "wETH"}
    assert "weETH" not in market.truths


def test_make_market_too_few_epochs_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="epochs = 23 is too few"):
        make_market(MarketChoice(epochs=23), START)


def test_make_market_unknown_asset_is_refused(history: Path) -> None:
    with pytest.raises(ConfigurationError, match="'stETH' is unknown"):
        make_market(MarketChoice(replay=history, replay_asset="stETH"), START)


def test_make_market_history_too_short_is_refused(history: Path) -> None:
    with pytest.raises(ConfigurationError, match="has 30 hours, 48 are played"):
        make_market(MarketChoice(replay=history, epochs=48), START)


def test_toml_nested_settings_come_back_as_they_were() -> None:
    content = {
        "port": 1,
        "readers": ["5A"],
        "wallet": {"path": "/a b", "name": 'w"x'},
        "chains": [{"name": "home", "finality": {"mode": "tag"}}, {"name": "abroad", "final": True}],
    }
    assert tomllib.loads(_toml(content)) == content


def test_describe_revert_known_error_has_its_arguments() -> None:
    data = keccak(text="EpochNotNewer(uint32,uint32)")[:4] + encode(["uint32", "uint32"], [5, 6])
    assert describe_revert("0x" + data.hex()) == "EpochNotNewer(epoch=5, latestEpoch=6)"


def test_describe_revert_bytes_argument_is_hex() -> None:
    data = keccak(text="ProofInvalid(bytes32,uint16)")[:4] + encode(["bytes32", "uint16"], [b"\1" * 32, 1])
    assert describe_revert("0x" + data.hex()) == f"ProofInvalid(modelId=0x{'01' * 32}, versionId=1)"


@pytest.mark.parametrize(("data", "described"), [("0xdeadbeef", "0xdeadbeef"), ("0x", "0x"), ("", "(empty)")])
def test_describe_revert_unknown_data_is_shown_as_it_is(data: str, described: str) -> None:
    assert describe_revert(data) == described


def example_result() -> DemoResult:
    score = ScoreResult(
        asset="ezETH", chain_id=31337, epoch=7, staking_duration_seconds=86400, exit_risk=0.25, gas=500_000,
        transaction="0x" + "ab" * 32, prove_seconds=3.0, land_seconds=1.0,
    )  # fmt: skip
    attack = AttackResult(
        name="old epoch", chain_id=31337, expected="EpochNotNewer", observed="", revert_data="0x",
        unaltered_succeeded=False, rejected=False,
    )  # fmt: skip
    loan = LoanResult(asset="ezETH", chain_id=31337, loan_to_value_bps=5000)
    return DemoResult(scores=(score,), loans=(loan,), attacks=(attack,), stages={"prove": 1.0}, endpoints={})


def test_write_result_is_read_back_and_leaves_no_part(tmp_path: Path) -> None:
    write_result(example_result(), tmp_path / "result.json")
    assert DemoResult.model_validate_json((tmp_path / "result.json").read_text()) == example_result()
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_tables_show_what_matters_in_80_columns() -> None:
    console, result = Console(width=80, record=True, quiet=False, file=None), example_result()
    with console.capture() as captured:
        console.print(score_table(result.scores, result.loans))
        console.print(attack_table(result.attacks))
    text = captured.get()
    for shown in ("ezETH", "1.00 d", "25.00%", "50.00 %", "500,000", "old epoch", "NOT REJECTED", "FAILED"):
        assert shown in text


def test_stages_remember_their_seconds() -> None:
    with (console := Console(width=80)).capture() as captured:
        stages = Stages(console)
        with stages.stage("prove", "Proving"):
            stages.step("one")
    assert set(stages.seconds) == {"prove"}
    assert "== Proving" in captured.get()
