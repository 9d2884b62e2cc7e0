// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";

/// @dev What depends on the chain's id, which only Foundry can change at will.
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
        CHEATS.chainId(1);
        equal(registry.propose(MODEL_ID, real), 1);
    }
}
