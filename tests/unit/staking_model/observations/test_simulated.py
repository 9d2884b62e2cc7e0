import pytest

from staking_model.durations import duration_labels
from staking_model.features import FeatureParameters
from staking_model.observations.columns import LAYOUTS
from staking_model.observations.simulated import SimulatedSource
from staking_model.observations.source import ObservationSource, input_windows
from staking_model.observations.table_source import TableSource
from staking_model.simulator import simulate_market
from statements.errors import ConfigurationError


def test_history_simulated_market_gives_windows_and_duration_labels() -> None:
    source: ObservationSource = SimulatedSource(simulate_market(7, 48))
    assert source.assets() == ("ezETH", "weETH", "wETH")
    history = source.history("ezETH")
    assert len(list(input_windows(history.observations, FeatureParameters()))) == 48 - 9
    assert history.events
    times = [observation.observed_at for observation in history.observations]
    assert all(duration_labels(history.events, times, times[-1], 30 * 86400))


def test_history_unknown_symbol_raises() -> None:
    with pytest.raises(ConfigurationError, match="no simulated asset 'doge'"):
        SimulatedSource(simulate_market(7, 24)).history("doge")


def test_layouts_all_make_sources(tmp_path: pytest.TempPathFactory) -> None:
    sources: list[ObservationSource] = [TableSource(tmp_path, "x", layout) for layout in LAYOUTS.values()]
    assert {source.assets() for source in sources} == {("x",)}
