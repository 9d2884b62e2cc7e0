"""Reading a real AssetObserver on Anvil, and the same features computed on both sides."""

from collections.abc import Iterator

import pytest
from web3 import Web3

from staking_model.chain_source import ObserverReader
from staking_model.features import FeatureParameters, window_features
from statements.errors import ChainError
from tests.integration.observer_chain import HOUR, START_EPOCH, SUPPLY, WEI, ObservedHome, observed_home

PARAMETERS = FeatureParameters(
    premium_factor=21, premium_change_factor=53, flow_factor=19, rate_growth_factor=4001, input_scale_bits=12
)
MISSED = START_EPOCH + 4
LAST = START_EPOCH + 10


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObservedHome]:
    """Eleven epochs with deposits, a falling price, and one epoch that nobody observed."""
    with observed_home(tmp_path_factory.mktemp("home"), PARAMETERS) as home:
        for epoch in range(START_EPOCH, LAST + 1):
            if epoch == MISSED:
                continue
            step = epoch - START_EPOCH
            home.observe(epoch, rate=WEI + step * 10**13, price=WEI - step**2 * 10**14)
            if step % 3 == 0:
                home.send(home.deposit, "deposit", home.token.address, SUPPLY // 1000 * (1 + step))
        yield home


@pytest.fixture(scope="module")
def reader(home: ObservedHome) -> ObserverReader:
    return ObserverReader(home.chain.web3, home.observer.address)


def test_window_real_observer_gives_the_contracts_inputs(home: ObservedHome, reader: ObserverReader) -> None:
    token, block = home.token.address, home.chain.block_number
    window = reader.window(token, LAST, block)
    inputs, version, observed_at = reader.inputs_of(token, LAST, block)
    parameters = reader.parameters(token, version, block)
    assert parameters == PARAMETERS
    assert window_features(window, parameters) == inputs
    assert observed_at == window[-1].observed_at
    assert LAST * HOUR < observed_at < LAST * HOUR + 600
    for feature in range(4):
        assert any(inputs[feature::4]), f"feature {feature} is never exercised"


def test_window_missed_epoch_is_carried_and_the_next_counts_two(home: ObservedHome, reader: ObserverReader) -> None:
    by_epoch = {o.epoch: o for o in reader.window(home.token.address, LAST, home.chain.block_number)}
    assert by_epoch[MISSED].carried
    assert by_epoch[MISSED].price == by_epoch[MISSED - 1].price
    assert by_epoch[MISSED + 1].elapsed == 2
    assert not by_epoch[MISSED + 1].carried


def test_latest_epoch_and_length_are_read_at_the_named_block(home: ObservedHome, reader: ObserverReader) -> None:
    block = home.chain.block_number
    assert reader.latest_epoch(home.token.address, block) == LAST
    assert reader.latest_epoch(home.token.address, block - 4) < LAST
    assert reader.epoch_length(block) == HOUR


def test_latest_epoch_unknown_asset_raises(home: ObservedHome, reader: ObserverReader) -> None:
    with pytest.raises(ChainError, match="has never been observed"):
        reader.latest_epoch(home.observer.address, home.chain.block_number)


def test_observation_future_epoch_names_the_contracts_error(home: ObservedHome, reader: ObserverReader) -> None:
    with pytest.raises(
        ChainError, match=rf"InputsUnavailable\(asset=0x[0-9a-fA-F]{{40}}, epoch={LAST + 1}\)"
    ) as caught:
        reader.observation(home.token.address, LAST + 1, home.chain.block_number)
    assert caught.value.remedy


def test_inputs_of_first_epoch_names_the_contracts_error(home: ObservedHome, reader: ObserverReader) -> None:
    with pytest.raises(ChainError, match=r"WindowIncomplete\("):
        reader.inputs_of(home.token.address, START_EPOCH + 7, home.chain.block_number)


def test_parameters_unknown_version_raises(home: ObservedHome, reader: ObserverReader) -> None:
    with pytest.raises(ChainError, match=r"UnknownConfigVersion\("):
        reader.parameters(home.token.address, 9, home.chain.block_number)


def test_epoch_length_no_contract_there_raises(home: ObservedHome) -> None:
    stranger = ObserverReader(home.chain.web3, "0x" + "11" * 20)
    with pytest.raises(ChainError, match="gave no answer"):
        stranger.epoch_length(home.chain.block_number)


def test_epoch_length_unknown_block_raises(home: ObservedHome, reader: ObserverReader) -> None:
    with pytest.raises(ChainError):
        reader.epoch_length(home.chain.block_number + 1000)


def test_epoch_length_dead_node_raises(home: ObservedHome, free_port: int) -> None:
    dead = Web3(Web3.HTTPProvider(f"http://127.0.0.1:{free_port}", exception_retry_configuration=None))
    with pytest.raises(ChainError, match="the node does not answer"):
        ObserverReader(dead, home.observer.address).epoch_length(1)
