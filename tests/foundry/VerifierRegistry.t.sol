// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {AcceptingVerifier} from "../../contracts/mocks/AcceptingVerifier.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";

/// @dev What depends on the chain's id, which only Foundry can change at will, and the schedule of versions.
contract VerifierRegistryTest is Stage {
    function setUp() external {
        setUpStage();
    }

    function testFuzz_propose_devCircuitOffLocalChains_reverts(uint64 chainId) external {
        CHEATS.assume(chainId != 31337 && chainId != 31338 && chainId != 1337);
        IVerifierRegistry.Circuit memory dev = circuit(address(verifier));
        CHEATS.chainId(chainId);
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.DevSrsOnPublicChain.selector, chainId));
        registry.propose(MODEL_ID, dev);
    }

    function test_propose_devCircuitOnLocalChains_isTaken() external {
        uint256[3] memory local = [uint256(31337), 31338, 1337];
        for (uint256 i = 0; i < local.length; ++i) {
            CHEATS.chainId(local[i]);
            equal(registry.propose(MODEL_ID, circuit(address(verifier))), i + 1);
        }
    }

    function test_propose_ceremonyCircuitOnAPublicChain_isTaken() external {
        IVerifierRegistry.Circuit memory real = circuit(address(verifier));
        real.devSrs = false;
        real.roundingBand = 40;
        CHEATS.chainId(1);
        equal(registry.propose(MODEL_ID, real), 1);
    }

    function test_activate_tooFarAhead_reverts() external {
        _propose(1);
        uint32 latest = currentEpoch() + 24 * 30;
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.EpochTooFarAhead.selector, latest + 1, latest));
        registry.activate(MODEL_ID, 1, latest + 1);
        registry.activate(MODEL_ID, 1, latest);
    }

    function testFuzz_freeze_versionNotStarted_leavesTheScheduleAsIfItHadNeverBeen(uint8 which) external {
        _propose(5);
        uint32 start = currentEpoch();
        for (uint16 id = 1; id <= 4; ++id) {
            registry.activate(MODEL_ID, id, start + (id - 1) * 10);
        }
        uint16 frozen = uint16(bound(which, 2, 4));
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, frozen);
        for (uint16 id = 1; id <= 4; ++id) {
            (uint16 serving,) = registry.versionAt(MODEL_ID, start + (id - 1) * 10);
            equal(serving, id == frozen ? id - 1 : id);
        }
        registry.activate(MODEL_ID, 5, frozen == 4 ? start + 21 : start + 31);
    }

    function test_freeze_versionThatWaitsLongestAhead_letsOthersBeActivatedAtOnce() external {
        registry.propose(MODEL_ID, circuit(anotherVerifier()));
        registry.propose(MODEL_ID, circuit(anotherVerifier()));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        uint32 farthest = currentEpoch() + 24 * 30;
        registry.activate(MODEL_ID, 1, farthest);
        uint32 soon = currentEpoch() + 1;
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.EpochNotAhead.selector, soon, farthest));
        registry.activate(MODEL_ID, 2, soon);
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 1);
        registry.activate(MODEL_ID, 2, soon);
        equal(registry.servingAt(MODEL_ID, soon).versionId, 2);
    }

    function test_freeze_onlyVersionNotStarted_nothingServes() external {
        _propose(2);
        uint32 start = currentEpoch() + 5;
        registry.activate(MODEL_ID, 1, start);
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 1);
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.NoVersion.selector, MODEL_ID, start));
        registry.versionAt(MODEL_ID, start);
        registry.activate(MODEL_ID, 2, currentEpoch());
    }

    function test_freeze_startedVersion_staysInTheSchedule() external {
        _propose(1);
        uint32 start = currentEpoch();
        registry.activate(MODEL_ID, 1, start);
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 1);
        (uint16 serving, IVerifierRegistry.Version memory version) = registry.versionAt(MODEL_ID, start);
        equal(serving, 1);
        check(version.status == IVerifierRegistry.Status.Frozen, "not frozen");
    }

    function test_propose_codeOfAFrozenVersion_reverts() external {
        registry.propose(MODEL_ID, circuit(address(verifier)));
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 1);
        IVerifierRegistry.Circuit memory again = circuit(address(new AcceptingVerifier()));
        CHEATS.expectRevert(
            abi.encodeWithSelector(IVerifierRegistry.FrozenVerifierCode.selector, again.verifierCodeHash)
        );
        registry.propose("another model", again);
    }

    function test_activate_codeOfAVersionFrozenSince_reverts() external {
        registry.propose(MODEL_ID, circuit(address(verifier)));
        registry.propose(MODEL_ID, circuit(address(verifier)));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 1);
        uint32 epoch = currentEpoch();
        CHEATS.expectRevert(
            abi.encodeWithSelector(IVerifierRegistry.FrozenVerifierCode.selector, address(verifier).codehash)
        );
        registry.activate(MODEL_ID, 2, epoch);
    }

    /// @dev Proposes `count` versions of one model and waits until they can be activated.
    function _propose(uint16 count) private {
        for (uint16 i = 0; i < count; ++i) {
            registry.propose(MODEL_ID, circuit(anotherVerifier()));
        }
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
    }
}
