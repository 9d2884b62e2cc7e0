// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";

/// @dev A proposer who fills a proof system and schedules, so that a canary's alarm would not fit a transaction. Set up apart
/// from the test, so that the freeze finds storage as cold as a transaction of its own would.
abstract contract FullProofSystem is Stage {
    /// @dev EIP-7825 allows 2^24; the rest is for the canary's own proof.
    uint256 private constant FREEZING_GAS = 12_500_000;
    /// @dev docs/security.md gives what was measured, 0.99 million.
    uint256 private constant FREEZING_ONE_GAS = 1_100_000;
    uint16 internal constant MEMBERS = 192;

    /// @dev What was measured, by name.
    event Measured(string name, uint256 gas);

    function freezeAll() internal {
        CHEATS.prank(GUARDIAN);
        uint256 before = gasleft();
        registry.freezeProofSystem(systemOf(keccak256("ezkl test")));
        uint256 used = before - gasleft();
        emit Measured("freeze_all", used);
        check(used < FREEZING_GAS, "freezing all does not fit a transaction");
    }

    function freezeOne(bytes32 modelId, uint16 versionId) internal {
        CHEATS.prank(GUARDIAN);
        uint256 before = gasleft();
        registry.freeze(modelId, versionId);
        uint256 used = before - gasleft();
        emit Measured("freeze_one", used);
        check(used < FREEZING_ONE_GAS, "freezing one is dear");
    }

    function systemOf(bytes32 generatorHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(bytes32("srs"), generatorHash, uint8(6)));
    }

    function other(uint256 number) internal view returns (IVerifierRegistry.Circuit memory made) {
        made = circuit(address(verifier));
        made.generatorHash = bytes32(number);
    }
}

/// @dev One model, whose schedule goes on with versions of another system.
contract FreezeLongScheduleTest is FullProofSystem {
    uint16 private constant OTHERS = 100;
    uint32 private _first;

    function setUp() external {
        setUpStage();
        for (uint256 i = 0; i < MEMBERS; ++i) {
            registry.propose(MODEL_ID, circuit(anotherVerifier()));
        }
        for (uint256 i = 0; i < OTHERS; ++i) {
            registry.propose(MODEL_ID, other(1));
        }
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        _first = currentEpoch() + 1;
        for (uint16 i = 0; i < MEMBERS + OTHERS; ++i) {
            registry.activate(MODEL_ID, i + 1, _first + i);
        }
    }

    function test_freezeProofSystem_longSchedule_fitsATransaction() external {
        freezeAll();
        uint32 last = _first + MEMBERS - 1;
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.NoVersion.selector, MODEL_ID, last));
        registry.servingAt(MODEL_ID, last);
        equal(registry.servingAt(MODEL_ID, last + 1).versionId, MEMBERS + 1);
        equal(registry.version(MODEL_ID, MEMBERS + 1).untilEpoch, last + 2);
    }
}

/// @dev Each version in a model of its own, among versions of other systems.
abstract contract FreezeModels is FullProofSystem {
    uint32 internal first;

    /// @param place of the version that is a member, among `count` of its model
    function setUpModels(uint16 place, uint16 count) internal {
        setUpStage();
        for (uint256 model = 1; model <= MEMBERS; ++model) {
            for (uint256 id = 1; id <= count; ++id) {
                registry.propose(bytes32(model), id == place ? circuit(anotherVerifier()) : other(id));
            }
        }
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        first = currentEpoch();
        for (uint256 model = 1; model <= MEMBERS; ++model) {
            for (uint16 id = 1; id <= count; ++id) {
                registry.activate(bytes32(model), id, first + id - 1);
            }
        }
    }

    function checkServing(uint32 epoch, uint16 versionId) internal view {
        for (uint256 model = 1; model <= MEMBERS; ++model) {
            equal(registry.servingAt(bytes32(model), epoch).versionId, versionId);
        }
    }
}

/// @dev Each version the last but one of its model: most slots for each.
contract FreezeManyModelsTest is FreezeModels {
    function setUp() external {
        setUpModels(2, 3);
    }

    function test_freezeProofSystem_manyModels_fitsATransaction() external {
        freezeAll();
        check(registry.isFrozen(bytes32(uint256(1)), 2), "not frozen");
        checkServing(first + 1, 1);
        checkServing(first + 2, 3);
    }

    /// @dev All members have its number, so that each is read whole.
    function test_freeze_lastOfAFullSystem_isWithinItsBound() external {
        freezeOne(bytes32(uint256(MEMBERS)), 2);
        equal(registry.membersOf(systemOf(keccak256("ezkl test"))).length, MEMBERS - 1);
    }
}

/// @dev One version, the last of its model, and whole systems before it were taken out.
contract FreezeBehindManyGapsTest is FullProofSystem {
    uint16 private constant GAPS = 2 * MEMBERS;

    function setUp() external {
        setUpStage();
        for (uint256 id = 0; id < GAPS; ++id) {
            registry.propose(MODEL_ID, other(1 + id / MEMBERS));
        }
        registry.propose(MODEL_ID, circuit(anotherVerifier()));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        for (uint16 id = 1; id <= GAPS + 1; ++id) {
            registry.activate(MODEL_ID, id, currentEpoch() + id);
        }
        for (uint256 system = 1; system <= 2; ++system) {
            CHEATS.prank(GUARDIAN);
            registry.freezeProofSystem(systemOf(bytes32(system)));
        }
    }

    function test_freezeProofSystem_behindManyGaps_costsWhatOneVersionCosts() external {
        CHEATS.prank(GUARDIAN);
        uint256 before = gasleft();
        registry.freezeProofSystem(systemOf(keccak256("ezkl test")));
        uint256 used = before - gasleft();
        emit Measured("freeze_behind_many_gaps", used);
        check(used < 200_000, "it walks the gaps");
        uint32 last = currentEpoch() + GAPS + 1;
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.NoVersion.selector, MODEL_ID, last));
        registry.servingAt(MODEL_ID, last);
    }
}
