"""The demo with real history of weETH instead of the simulator."""

from pathlib import Path

import pytest

from tests.e2e.conftest import PROJECT, start_demo, stop_demo

HISTORY = PROJECT.parent / "shared" / "data" / "weeth" / "weETH_peg_hourly_trimmed.csv"
COLUMNS = "rate=protocol_rate_eth,price=market_rate_eth_median24h"


def test_replay_real_weeth_history_is_scored_on_both_chains(tmp_path: Path) -> None:
    if not HISTORY.is_file():
        pytest.skip(f"real history is not here: {HISTORY.name} belongs into ../shared/data/weeth")
    kept = start_demo(tmp_path / "demo.log", "--replay", str(HISTORY), "--columns", COLUMNS)
    try:
        scores = {(s["asset"], s["chain_id"]): s for s in kept.result["scores"]}
        assert scores["weETH", 31337]["exit_risk"] == scores["weETH", 31338]["exit_risk"]
        assert 0 < scores["weETH", 31337]["exit_risk"] < 1
        assert all(attack["rejected"] for attack in kept.result["attacks"])
        assert "has no supply" in kept.log.read_text("utf-8")
    finally:
        stop_demo(kept)
