// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";

/// @dev A proposer who fills a proof system and schedules, so that a canary's alarm would not fit a transaction. Set up apart
/// from the test, so that the freeze finds storage as cold as a transaction of its own would.
abstract contract FullProofSystem is Stage {
    /// @dev EIP-7825 allows 2^24; the rest is for the canary's own proof.
    uint256 private constant FREEZING_GAS = 13_000_000;
    uint16 internal constant MEMBERS = 192;

    function freezeAll() internal {
        bytes32 system = keccak256(abi.encode(bytes32("srs"), keccak256("ezkl test"), uint8(6)));
        CHEATS.prank(GUARDIAN);
        uint256 before = gasleft();
        registry.freezeProofSystem(system);
        uint256 used = before - gasleft();
        check(used < FREEZING_GAS, "freezing all does not fit a transaction");
    }

    function other() internal view returns (IVerifierRegistry.Circuit memory made) {
        made = circuit(address(verifier));
        made.generatorHash = "of another system";
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
            registry.propose(MODEL_ID, other());
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

/// @dev Each version the last of a model of its own, after one of another system: most slots for each.
contract FreezeManyModelsTest is FullProofSystem {
    uint32 private _first;

    function setUp() external {
        setUpStage();
        for (uint256 model = 1; model <= MEMBERS; ++model) {
            IVerifierRegistry.Circuit memory before = other();
            before.generatorHash = bytes32(1 + model / 100);
            registry.propose(bytes32(model), before);
            registry.propose(bytes32(model), circuit(anotherVerifier()));
        }
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        _first = currentEpoch();
        for (uint256 model = 1; model <= MEMBERS; ++model) {
            registry.activate(bytes32(model), 1, _first);
            registry.activate(bytes32(model), 2, _first + 1);
        }
    }

    function test_freezeProofSystem_manyModels_fitsATransaction() external {
        freezeAll();
        for (uint256 model = 1; model <= MEMBERS; ++model) {
            check(registry.isFrozen(bytes32(model), 2), "not frozen");
            equal(registry.servingAt(bytes32(model), _first + 1).versionId, 1);
        }
    }
}
