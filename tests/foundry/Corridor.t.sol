// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CheatTest} from "./Cheats.sol";
import {CorridorHandler} from "./CorridorHandler.sol";
import {IAssetObserver} from "../../contracts/interfaces/IAssetObserver.sol";
import {IInputSource} from "../../contracts/interfaces/IInputSource.sol";
import {IRiskFeed} from "../../contracts/interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";

/// @dev What holds whatever anybody does, in whatever order.
contract CorridorInvariants is CheatTest {
    bytes32 private constant MODEL_ID = keccak256("veristake/test/1");

    CorridorHandler private _handler;

    function setUp() external {
        _handler = new CorridorHandler();
    }

    /// @dev Foundry calls only these.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev The invariants would say nothing if nothing were ever recorded.
    function test_handler_ordinaryDay_recordsRounds() external {
        for (uint256 i = 0; i < 4; ++i) {
            _handler.observe(0, 1 ether);
            _handler.submit(1, 4096, 4096, 7);
        }
        _handler.proposeAndActivate(2);
        equal(_handler.recordedCount(), 4);
        equal(_handler.rejected(), 0);
        _handler.freeze(16);
        equal(_handler.frozenCount(), 1);
    }

    function invariant_rounds_neverChange() external view {
        IRiskFeed feed = _handler.theFeed();
        for (uint256 i = 0; i < _handler.recordedCount(); ++i) {
            uint32 epoch = _handler.recordedEpochs(i);
            try feed.roundAt(MODEL_ID, _handler.theToken(), epoch) returns (IRiskFeed.Round memory round) {
                check(keccak256(abi.encode(round)) == _handler.recordedRound(epoch), "a round changed");
            } catch (bytes memory reason) {
                check(bytes4(reason) == IRiskFeed.Frozen.selector, "a round is refused for another reason");
            }
        }
    }

    function invariant_epochs_onlyMoveForward() external view {
        for (uint256 i = 1; i < _handler.recordedCount(); ++i) {
            check(_handler.recordedEpochs(i) > _handler.recordedEpochs(i - 1), "an epoch is not newer");
        }
        equal(_handler.theFeed().latestEpoch(MODEL_ID, _handler.theToken()), _handler.highestEpoch());
    }

    function invariant_frozenVersions_stayFrozen() external view {
        IVerifierRegistry registry = _handler.theRegistry();
        for (uint256 i = 0; i < _handler.frozenCount(); ++i) {
            check(registry.isFrozen(MODEL_ID, _handler.frozenVersions(i)), "a frozen version thawed");
        }
    }

    /// @dev What freezing the system would freeze: no version is forgotten, none has two places.
    function invariant_members_areTheVersionsActivatedAndNotFrozen() external view {
        IVerifierRegistry registry = _handler.theRegistry();
        uint16 count = registry.versionCount(MODEL_ID);
        bool[] memory isMember = new bool[](count + 1);
        IVerifierRegistry.Member[] memory members = registry.membersOf(registry.proofSystemOf(MODEL_ID, 1));
        for (uint256 i = 0; i < members.length; ++i) {
            check(members[i].modelId == MODEL_ID && !isMember[members[i].versionId], "a place too many");
            isMember[members[i].versionId] = true;
        }
        for (uint16 versionId = 1; versionId <= count; ++versionId) {
            IVerifierRegistry.Status status = registry.version(MODEL_ID, versionId).status;
            bool active = status == IVerifierRegistry.Status.Active || status == IVerifierRegistry.Status.Deprecated;
            check(isMember[versionId] == active, "another place than its life gives it");
        }
    }

    function invariant_versionOfARecordedEpoch_neverChanges() external view {
        for (uint256 i = 0; i < _handler.recordedCount(); ++i) {
            uint32 epoch = _handler.recordedEpochs(i);
            (uint16 serving,) = _handler.theRegistry().versionAt(MODEL_ID, epoch);
            equal(serving, _handler.recordedVersion(epoch));
        }
    }

    function invariant_reads_neverAnswerForAFrozenOrStaleRound() external view {
        try _handler.theFeed().latestScore(MODEL_ID, _handler.theToken()) returns (IRiskFeed.Score memory score) {
            check(block.timestamp <= uint256(score.observedAt) + 3 hours, "a stale round is read");
            check(score.epoch == _handler.highestEpoch(), "not the latest round");
            uint16 versionId = _handler.recordedVersion(score.epoch);
            check(!_handler.theRegistry().isFrozen(MODEL_ID, versionId), "a frozen round is read");
        } catch {}
    }

    function invariant_windows_neverMixConfigs() external view {
        IAssetObserver observer = _handler.theObserver();
        address token = _handler.theToken();
        uint32 latest = observer.latestEpoch(token);
        for (uint32 epoch = latest - 10; epoch <= latest; ++epoch) {
            try observer.inputsOf(token, epoch) returns (int256[] memory, IInputSource.Origin memory origin) {
                for (uint32 back = 0; back <= 8; ++back) {
                    uint16 read = observer.observationOf(token, epoch - back).configVersion;
                    check(read == origin.configVersion, "a window mixes configs");
                }
            } catch {}
        }
    }

    function invariant_scores_areWithinTheirBounds() external view {
        IRiskFeed feed = _handler.theFeed();
        for (uint256 i = 0; i < _handler.recordedCount(); ++i) {
            try feed.scoreAt(MODEL_ID, _handler.theToken(), _handler.recordedEpochs(i)) returns (
                IRiskFeed.Score memory score
            ) {
                check(score.exitRisk <= 1e18 && score.stakingDuration <= 30 days, "a score is out of bounds");
            } catch (bytes memory reason) {
                check(bytes4(reason) == IRiskFeed.Frozen.selector, "a score is refused for another reason");
            }
        }
    }
}
