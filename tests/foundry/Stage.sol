// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {CheatTest} from "./Cheats.sol";
import {AssetObserver} from "../../contracts/feed/AssetObserver.sol";
import {RiskFeed} from "../../contracts/feed/RiskFeed.sol";
import {IAssetObserver} from "../../contracts/interfaces/IAssetObserver.sol";
import {IStakedTotals} from "../../contracts/interfaces/IStakedTotals.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {AcceptingVerifier} from "../../contracts/mocks/AcceptingVerifier.sol";
import {MockLiquidRestakingToken} from "../../contracts/mocks/MockLiquidRestakingToken.sol";
import {MockPriceFeed} from "../../contracts/mocks/MockPriceFeed.sol";
import {VerifierRegistry} from "../../contracts/verification/VerifierRegistry.sol";

/// @dev Totals that a test sets, in place of a deposit contract.
contract StubTotals is IStakedTotals {
    uint256 public total;
    uint256 private _cumulative;
    uint256 private _touchedAt = block.timestamp;

    function set(uint256 newTotal) external {
        _cumulative = cumulativeOf(address(0));
        _touchedAt = block.timestamp;
        total = newTotal;
    }

    function totalOf(address) external view returns (uint256) {
        return total;
    }

    function cumulativeOf(address) public view returns (uint256) {
        return _cumulative + total * (block.timestamp - _touchedAt);
    }
}

/// @dev One asset, one chain, a verifier that accepts what it is told to accept.
abstract contract Stage is CheatTest {
    uint32 internal constant EPOCH_LENGTH = 3600;
    uint32 internal constant CONFIG_DELAY = 24;
    uint40 internal constant ACTIVATION_DELAY = 2 hours;
    uint32 internal constant MAXIMUM_AGE = 3 hours;
    uint256 internal constant START = 500_000 * 3600;
    bytes32 internal constant MODEL_ID = keccak256("veristake/test/1");
    address internal constant GUARDIAN = address(0x6A2D);

    AccessManager internal authority;
    StubTotals internal totals;
    MockLiquidRestakingToken internal token;
    MockPriceFeed internal priceFeed;
    AssetObserver internal observer;
    VerifierRegistry internal registry;
    AcceptingVerifier internal verifier;
    RiskFeed internal feed;
    uint256 private _verifiers;

    function setUpStage() internal {
        CHEATS.chainId(31337);
        CHEATS.warp(START);
        authority = new AccessManager(address(this));
        authority.grantRole(2, GUARDIAN, 0);
        totals = new StubTotals();
        totals.set(200_000 ether);
        token = new MockLiquidRestakingToken("restaked ether", "rETH", 1.02 ether);
        token.mint(address(this), 1_000_000 ether);
        priceFeed = new MockPriceFeed(18, "rETH / ETH");
        observer = new AssetObserver(address(authority), address(totals), EPOCH_LENGTH, CONFIG_DELAY, address(0));
        observer.addAssetConfig(address(token), config());
        registry = new VerifierRegistry(address(authority), ACTIVATION_DELAY, EPOCH_LENGTH);
        verifier = new AcceptingVerifier();
        feed = new RiskFeed(observer, registry, MAXIMUM_AGE);
    }

    function config() internal view returns (IAssetObserver.AssetConfig memory) {
        return IAssetObserver.AssetConfig({
            rateProvider: address(token),
            priceFeed: address(priceFeed),
            heartbeat: 1 days,
            features: IAssetObserver.FeatureParameters({
                premiumFactor: 20, premiumChangeFactor: 50, flowFactor: 20, rateGrowthFactor: 4000, inputScaleBits: 13
            })
        });
    }

    function circuit(address target) internal view returns (IVerifierRegistry.Circuit memory) {
        return IVerifierRegistry.Circuit({
            verifier: target,
            verifierCodeHash: target.codehash,
            onnxHash: "onnx",
            settingsHash: "settings",
            verifyingKeyHash: "verifying key",
            srsHash: "srs",
            inputCount: 32,
            tagLimbs: 4,
            tagLimbBits: 16,
            outputCount: 2,
            inputScaleBits: 13,
            outputScaleBits: 13,
            maximumDuration: 30 days,
            devSrs: true,
            featuresHash: keccak256(abi.encode(config().features)),
            generatorHash: keccak256("ezkl test"),
            vkaDigest: 0,
            vkaStore: address(0),
            roundingBand: 0,
            additionPrecompile: 6
        });
    }

    /// @dev A verifier that accepts everything and whose code no other has.
    function anotherVerifier() internal returns (address another) {
        another = address(new AcceptingVerifier());
        CHEATS.etch(another, abi.encodePacked(another.code, ++_verifiers));
    }

    function currentEpoch() internal view returns (uint32) {
        return uint32(block.timestamp / EPOCH_LENGTH);
    }

    /// @dev The market answers now, and the epoch is observed.
    function observeNow(int256 price) internal {
        priceFeed.setAnswer(price, block.timestamp);
        observer.observe(address(token));
    }

    /// @dev Observes `count` epochs in a row from the next on.
    function observeEpochs(uint256 count) internal {
        for (uint256 i = 0; i < count; ++i) {
            CHEATS.warp((uint256(currentEpoch()) + 1) * EPOCH_LENGTH);
            observeNow(int256(1.01 ether + i * 0.0001 ether));
        }
    }
}
