// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FeatureMath} from "./FeatureMath.sol";
import {FeatureRing} from "./FeatureRing.sol";
import {MarketPrice} from "./MarketPrice.sol";
import {ObserverConfigs} from "./ObserverConfigs.sol";
import {IAssetObserver} from "../interfaces/IAssetObserver.sol";
import {IInputSource} from "../interfaces/IInputSource.sol";
import {IStakedTotals} from "../interfaces/IStakedTotals.sol";
import {AggregatorV3Interface} from "../interfaces/external/AggregatorV3Interface.sol";
import {IRateProvider} from "../interfaces/external/IRateProvider.sol";

/// @title Epoch by epoch record of assets on this chain
/// @notice Anyone may call `observe` in the first ten minutes of an epoch; the first call is final.
/// @custom:kill Nothing is held and nothing can be switched off. It stops by itself when a rate provider or price feed stops
/// answering: `observe` reverts, and feeds turn stale. To replace it deploy another one and feeds that read it.
contract AssetObserver is ObserverConfigs {
    using FeatureRing for FeatureRing.Ring;

    /// @inheritdoc IAssetObserver
    uint32 public constant WINDOW = 8;
    /// @dev Seconds of an epoch in which it can be observed.
    uint256 private constant OBSERVATION_SECONDS = 600;
    /// @dev Missed epochs that are filled by repeating the previous observation.
    uint256 private constant MAXIMUM_CARRIED = 2;
    /// @dev Percent by which the supply may change an epoch; a flash loan can move an instant, not a series.
    uint256 private constant SUPPLY_BAND_PERCENT = 2;
    /// @dev Epochs that a gap counts as at most: one observation moves the supply to between 0.98^48 = 0.38 and
    /// 1.02^48 = 2.59 of the one before, whatever was missed, and its gas is bounded.
    uint256 private constant MAXIMUM_SUPPLY_STEPS = 48;
    /// @dev Observations kept: a window, its predecessor, and 23 epochs of lag for those who prove and relay.
    uint256 private constant RING = 32;

    /// @inheritdoc IInputSource
    Kind public constant KIND = Kind.Observed;

    /// @inheritdoc IAssetObserver
    IStakedTotals public immutable DEPOSIT;
    /// @inheritdoc IAssetObserver
    AggregatorV3Interface public immutable SEQUENCER_FEED;

    /// @dev One slot each.
    mapping(address asset => Series) private _series;
    mapping(address asset => Observation[RING]) private _ring;
    mapping(address asset => FeatureRing.Ring) private _features;

    /// @param authority AccessManager that says who may add configs
    /// @param depositContract contract that knows how much of an asset is staked
    /// @param epochLength seconds, longer than the ten minutes in which an epoch can be observed
    /// @param configDelayEpochs epochs from the decision for a later config version to its effect
    /// @param sequencerFeed uptime feed of a rollup's sequencer, or zero
    constructor(
        address authority,
        address depositContract,
        uint32 epochLength,
        uint32 configDelayEpochs,
        address sequencerFeed
    ) ObserverConfigs(epochLength, configDelayEpochs) AccessManaged(authority) {
        if (authority == address(0) || depositContract == address(0)) {
            revert ObserverZeroAddress();
        }
        if (epochLength <= OBSERVATION_SECONDS) revert InvalidEpochLength(epochLength, OBSERVATION_SECONDS + 1);
        DEPOSIT = IStakedTotals(depositContract);
        SEQUENCER_FEED = AggregatorV3Interface(sequencerFeed);
    }

    /// @inheritdoc IAssetObserver
    function observe(address asset) external returns (Observation memory observation) {
        uint32 epoch = _currentEpoch();
        uint16 configVersion = configVersionAt(asset, epoch);
        if (configVersion == 0) revert UnknownAsset(asset);
        Series memory series = _series[asset];
        if (epoch <= series.latestEpoch) revert AlreadyObserved(asset, epoch);
        uint256 secondsIntoEpoch = block.timestamp - uint256(epoch) * EPOCH_LENGTH;
        if (secondsIntoEpoch >= OBSERVATION_SECONDS) {
            revert ObservationWindowClosed(epoch, secondsIntoEpoch, OBSERVATION_SECONDS);
        }

        uint256 supply = IERC20(asset).totalSupply();
        if (supply == 0) revert SupplyIsZero(asset);
        Observation memory previous = _stored(asset, series.latestEpoch);
        (supply, series.supplyConfirmed) = _heldSupply(previous.supply, epoch, series, supply);
        bool continues = _continues(epoch, series);
        uint256 cumulative = DEPOSIT.cumulativeOf(asset);
        AssetConfig memory config = _config(asset, configVersion);
        observation = _read(asset, config, series, cumulative);
        observation.configVersion = configVersion;
        observation.elapsed = continues ? uint8(epoch - series.latestEpoch) : 1;
        observation.supply = uint104(_fit(asset, supply, type(uint104).max));
        if (continues) _follow(asset, epoch, series, previous, observation, config.features);
        _store(asset, epoch, observation);
        _series[asset] = Series({
            cumulative: uint144(_fit(asset, cumulative, type(uint144).max)),
            observedAt: observation.observedAt,
            firstEpoch: continues ? series.firstEpoch : epoch + 1,
            latestEpoch: epoch,
            supplyConfirmed: series.supplyConfirmed
        });
        emit Observed(asset, epoch, observation);
    }

    /// @inheritdoc IInputSource
    function inputsOf(address asset, uint32 epoch)
        external
        view
        returns (int256[] memory inputs, Origin memory origin)
    {
        _requireWindow(asset, epoch);
        Observation storage newest = _stored(asset, epoch);
        uint16 configVersion = newest.configVersion;
        // versions only rise with epochs: where the first and the last agree, all between them do
        uint16 oldestVersion = _stored(asset, epoch - WINDOW).configVersion;
        if (oldestVersion != configVersion) revert WindowMixesConfigs(asset, epoch, oldestVersion, configVersion);
        inputs = _features[asset].load(epoch, WINDOW);
        origin = Origin({
            homeChainId: uint64(block.chainid),
            observer: address(this),
            configVersion: configVersion,
            observedAt: newest.observedAt,
            featuresHash: _featuresHash(asset, configVersion)
        });
    }

    /// @inheritdoc IAssetObserver
    function observationOf(address asset, uint32 epoch) external view returns (Observation memory) {
        _requireHeld(asset, epoch, _series[asset]);
        return _stored(asset, epoch);
    }

    /// @inheritdoc IAssetObserver
    function latestEpoch(address asset) external view returns (uint32) {
        return _series[asset].latestEpoch;
    }

    /// @inheritdoc IAssetObserver
    function firstEpoch(address asset) external view returns (uint32) {
        return _series[asset].firstEpoch;
    }

    /// @inheritdoc IAssetObserver
    function seriesOf(address asset) external view returns (Series memory) {
        return _series[asset];
    }

    /// @inheritdoc IInputSource
    function home() external view returns (uint64 homeChainId, address observer) {
        return (uint64(block.chainid), address(this));
    }

    /// @dev Reads all of `asset` but its supply; only view calls, so that nothing can re-enter.
    function _read(address asset, AssetConfig memory config, Series memory series, uint256 cumulative)
        private
        view
        returns (Observation memory observation)
    {
        _readMarket(asset, config, observation);
        // an epoch's number, 0 for none
        // slither-disable-next-line incorrect-equality
        uint256 meanTotal = series.latestEpoch == 0
            ? DEPOSIT.totalOf(asset)
            : (cumulative - series.cumulative) / (block.timestamp - series.observedAt);

        observation.observedAt = uint40(block.timestamp);
        observation.meanTotal = uint104(_fit(asset, meanTotal, type(uint104).max));
    }

    /// @dev Fills in what the rate provider and the price feed say.
    function _readMarket(address asset, AssetConfig memory config, Observation memory observation) private view {
        MarketPrice.requireSequencerUp(SEQUENCER_FEED);
        (uint256 price, uint256 age) =
            MarketPrice.read(asset, AggregatorV3Interface(config.priceFeed), config.heartbeat);
        uint256 rate = IRateProvider(config.rateProvider).getRate();
        if (rate == 0) revert RateIsZero(asset);
        observation.rate = uint96(_fit(asset, rate, type(uint96).max));
        observation.price = uint96(_fit(asset, price, type(uint96).max));
        observation.priceAge = uint32(age);
    }

    /// @dev What is stored of `supply`, and whether it is confirmed now. Until then it is stored as it is, so that the first
    /// observations cannot set what later ones are held against.
    function _heldSupply(uint256 previous, uint32 epoch, Series memory series, uint256 supply)
        private
        pure
        returns (uint256 held, bool confirmed)
    {
        // an epoch's number, 0 for none
        // slither-disable-next-line incorrect-equality
        if (series.latestEpoch == 0) return (supply, false);
        uint256 gap = epoch - series.latestEpoch;
        uint256 reached = _walk(previous, supply, gap);
        // slither-disable-next-line incorrect-equality
        confirmed = series.supplyConfirmed || (gap == 1 && reached == supply);
        held = confirmed ? reached : supply;
    }

    /// @dev Where `epochs` observations of `supply` would have taken a stored one: 2 % of the one before each. Compounding, so
    /// that whoever wins the one observation after a gap moves the supply no further than who wins every one without a gap.
    function _walk(uint256 stored, uint256 supply, uint256 epochs) private pure returns (uint256 reached) {
        reached = stored;
        uint256 steps = Math.min(epochs, MAXIMUM_SUPPLY_STEPS);
        for (; steps > 0 && reached != supply; --steps) {
            // rounded up, so that the smallest of supplies can grow
            reached = supply < reached
                ? Math.max(supply, (reached * (100 - SUPPLY_BAND_PERCENT)) / 100)
                : Math.min(supply, Math.ceilDiv(reached * (100 + SUPPLY_BAND_PERCENT), 100));
        }
    }

    /// @dev Whether an observation in `epoch` goes on with the series; otherwise it is the baseline of another one.
    function _continues(uint32 epoch, Series memory series) private pure returns (bool) {
        uint256 gap = epoch - series.latestEpoch;
        if (series.latestEpoch >= series.firstEpoch && series.latestEpoch != 0) return gap <= MAXIMUM_CARRIED + 1;
        // a baseline is never repeated, and counts only when its supply is confirmed
        // slither-disable-next-line incorrect-equality
        return gap == 1 && series.supplyConfirmed;
    }

    /// @dev Fills missed epochs by repeating the observation before them, and computes the features of all epochs since.
    function _follow(
        address asset,
        uint32 epoch,
        Series memory series,
        Observation memory previous,
        Observation memory current,
        FeatureParameters memory parameters
    ) private {
        FeatureRing.Ring storage ring = _features[asset];
        if (epoch - series.latestEpoch > 1) {
            previous.elapsed = 1;
            previous.carried = true;
            // a missed epoch repeats the config of the observation that it repeats
            FeatureParameters memory before = _config(asset, previous.configVersion).features;
            for (uint32 missed = series.latestEpoch + 1; missed < epoch; ++missed) {
                _store(asset, missed, previous);
                ring.store(missed, FeatureMath.epochFeatures(previous, previous, before));
                emit Carried(asset, missed);
            }
        }
        ring.store(epoch, FeatureMath.epochFeatures(previous, current, parameters));
    }

    /// @dev Reverts unless the window that ends with `epoch`, and the observation before it, are held.
    function _requireWindow(address asset, uint32 epoch) private view {
        Series memory series = _series[asset];
        _requireHeld(asset, epoch, series);
        if (epoch < series.firstEpoch + WINDOW) revert WindowIncomplete(asset, epoch, series.firstEpoch);
        _requireHeld(asset, epoch - WINDOW, series);
    }

    function _requireHeld(address asset, uint32 epoch, Series memory series) private pure {
        // the baseline is held as well, one epoch before the first
        bool held = series.latestEpoch != 0 && uint256(epoch) + 1 >= series.firstEpoch && epoch <= series.latestEpoch
            && epoch + RING > series.latestEpoch;
        if (!held) revert InputsUnavailable(asset, epoch);
    }

    function _store(address asset, uint32 epoch, Observation memory observation) private {
        // a place in a ring, no randomness
        // slither-disable-next-line weak-prng
        _ring[asset][epoch % RING] = observation;
    }

    function _stored(address asset, uint32 epoch) private view returns (Observation storage) {
        // a place in a ring, no randomness
        // slither-disable-next-line weak-prng
        return _ring[asset][epoch % RING];
    }

    function _fit(address asset, uint256 value, uint256 maximum) private pure returns (uint256) {
        if (value > maximum) revert ValueTooLarge(asset, value, maximum);
        return value;
    }
}
