// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {IAssetObserver} from "../../contracts/interfaces/IAssetObserver.sol";
import {IRiskFeed} from "../../contracts/interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";

/// @dev Everybody who can act on observer, registry and feed, doing so in any order; it remembers what must not change.
contract CorridorHandler is Stage {
    uint32[] public recordedEpochs;
    mapping(uint32 epoch => bytes32) public recordedRound;
    mapping(uint32 epoch => uint16) public recordedVersion;
    uint16[] public frozenVersions;
    uint32 public highestEpoch;
    uint256 public rejected;
    uint256 public configs;

    constructor() {
        setUpStage();
        registry.propose(MODEL_ID, circuit(address(verifier)));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate(MODEL_ID, 1, currentEpoch());
        observeEpochs(10);
    }

    function theFeed() external view returns (IRiskFeed) {
        return feed;
    }

    function theRegistry() external view returns (IVerifierRegistry) {
        return registry;
    }

    function theToken() external view returns (address) {
        return address(token);
    }

    function recordedCount() external view returns (uint256) {
        return recordedEpochs.length;
    }

    function frozenCount() external view returns (uint256) {
        return frozenVersions.length;
    }

    /// @dev Time passes and the next epoch is observed; now and then some epochs are missed.
    function observe(uint8 missed, uint64 price) external {
        uint256 gap = missed < 200 ? 1 : 1 + (missed % 5);
        CHEATS.warp((uint256(currentEpoch()) + gap) * EPOCH_LENGTH);
        observeNow(int256(uint256(price)) + 1);
    }

    function submit(uint8 lag, uint16 duration, uint16 risk, uint64 tag) external {
        uint32 epoch = currentEpoch() + 1 - (lag % 12);
        uint256[2] memory outputs = [uint256(duration) % 8200, uint256(risk) % 8200];
        try feed.submit(MODEL_ID, address(token), epoch, outputs, tag, "proof") {
            recordedEpochs.push(epoch);
            IRiskFeed.Round memory round = feed.roundAt(MODEL_ID, address(token), epoch);
            recordedRound[epoch] = keccak256(abi.encode(round));
            recordedVersion[epoch] = round.versionId;
            highestEpoch = epoch;
        } catch {
            ++rejected;
        }
    }

    function proposeAndActivate(uint8 ahead) external {
        uint16 versionId = registry.propose(MODEL_ID, circuit(anotherVerifier()));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        try registry.activate(MODEL_ID, versionId, currentEpoch() + (ahead % 4)) {}
        catch {
            ++rejected;
        }
    }

    function freeze(uint16 seed) external {
        // seldom, or nothing would be left to record
        if (seed % 16 != 0) return;
        uint16 versionId = uint16(bound(seed, 1, registry.versionCount(MODEL_ID)));
        CHEATS.prank(GUARDIAN);
        try registry.freeze(MODEL_ID, versionId) {
            frozenVersions.push(versionId);
        } catch {
            ++rejected;
        }
    }

    /// @dev The last version ends without a successor.
    function deprecate(uint8 ahead) external {
        uint16 last = registry.versionCount(MODEL_ID);
        // seldom, or nothing would be served
        if (ahead % 8 != 0) return;
        try registry.deprecate(MODEL_ID, last, currentEpoch() + 1 + (ahead % 3)) {}
        catch {
            ++rejected;
        }
    }

    /// @dev The authority changes what is read for the asset; the factors stay, or no proof would be taken any more.
    function changeConfig(uint32 heartbeat) external {
        IAssetObserver.AssetConfig memory changed = config();
        changed.heartbeat = uint32(bound(heartbeat, 1 hours, 7 days));
        try observer.addAssetConfig(address(token), changed) {
            ++configs;
        } catch {
            ++rejected;
        }
    }

    /// @dev Time passes and nobody does anything.
    function wait(uint16 time) external {
        CHEATS.warp(block.timestamp + time % 4 hours);
    }

    function theObserver() external view returns (IAssetObserver) {
        return observer;
    }

    /// @dev A stranger tries what only others may do.
    function intrude(address stranger, uint16 versionId) external {
        CHEATS.assume(stranger != GUARDIAN && stranger != address(this));
        CHEATS.prank(stranger);
        try registry.freeze(MODEL_ID, versionId) {
            revert NotTrue("a stranger froze a version");
        } catch {
            ++rejected;
        }
    }
}
