// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {RiskFeedAggregator} from "../../contracts/feed/RiskFeedAggregator.sol";
import {RiskOracleAdapter} from "../../contracts/feed/RiskOracleAdapter.sol";
import {IRiskFeed} from "../../contracts/interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {IInferenceVerifier} from "../../contracts/interfaces/external/IInferenceVerifier.sol";
import {IRiskOracle} from "../../contracts/interfaces/external/IRiskOracle.sol";
import {InferenceVerifier} from "../../contracts/verification/InferenceVerifier.sol";

contract AdaptersTest is Stage {
    RiskOracleAdapter private _oracle;
    InferenceVerifier private _inference;
    uint256[] private _inputs;
    uint256[] private _outputs;

    function setUp() external {
        setUpStage();
        registry.propose(MODEL_ID, circuit(address(verifier)));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate(MODEL_ID, 1, currentEpoch());
        observeEpochs(10);
        _oracle = new RiskOracleAdapter(feed, MODEL_ID);
        _inference = new InferenceVerifier(registry, MODEL_ID);
        _inputs = new uint256[](36);
        _outputs = [uint256(1), 2];
        uint256[] memory instances = new uint256[](38);
        (instances[36], instances[37]) = (1, 2);
        verifier.accept(keccak256(abi.encode(bytes("halo2"), instances)));
    }

    function test_riskOracle_recordedScore_isAnUpdateOfItsMarket() external {
        verifier.accept(0);
        feed.submit(MODEL_ID, address(token), currentEpoch(), [uint256(4096), 2048], 7, "proof");
        IRiskOracle.RiskParameterUpdate memory update =
            _oracle.getLatestUpdateByParameterAndMarket("exitRisk", address(token));
        equal(abi.decode(update.newValue, (uint256)), 0.25e18);
        equal(update.timestamp, block.timestamp);
        equal(update.updateId, currentEpoch());
        check(update.market == address(token) && bytes(update.referenceId).length == 66, "another market");
        update = _oracle.getLatestUpdateByParameterAndMarket("stakingDuration", address(token));
        equal(abi.decode(update.newValue, (uint256)), 15 days);
        check(_oracle.isValidUpdateType("exitRisk") && !_oracle.isValidUpdateType("price"), "other types");
    }

    function test_riskOracle_noScoreStaleOrUnknown_reverts() external {
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.NoRound.selector, MODEL_ID, address(token)));
        _oracle.getLatestUpdateByParameterAndMarket("exitRisk", address(token));
        CHEATS.expectRevert(abi.encodeWithSelector(RiskOracleAdapter.UnknownUpdateType.selector, "price"));
        _oracle.getLatestUpdateByParameterAndMarket("price", address(token));
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.RiskFeedZeroAddress.selector));
        new RiskOracleAdapter(IRiskFeed(address(0)), MODEL_ID);
    }

    function test_verify_erc8274Shape_onlyThePinnedProof() external {
        bytes32 input = _inference.commitmentOf(_inputs);
        bytes32 output = keccak256(abi.encode(_outputs));
        bytes memory metadata = abi.encode(_inputs, _outputs);
        check(_inference.verify(input, output, metadata, "halo2"), "the proof is refused");
        check(!_inference.verify(input, output, metadata, "forged"), "a forged proof is believed");
        check(!_inference.verify(~input, output, metadata, "halo2"), "another input is believed");
        check(!_inference.verify(input, ~output, metadata, "halo2"), "another output is believed");
        check(bytes(_inference.proofSystem()).length > 0 && _inference.proofProfile() != 0, "no profile");
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 1);
        check(!_inference.verify(input, output, metadata, "halo2"), "a frozen version is believed");
    }

    function test_verifyInference_erc7992Shape_revertsOnAnythingElse() external {
        bytes32 commitment = _inference.commitmentOf(_inputs);
        bytes memory output = abi.encode(_outputs);
        _inference.verifyInference(MODEL_ID, commitment, output, abi.encode(_inputs, bytes("halo2")));
        bytes memory invalid = abi.encodeWithSelector(IInferenceVerifier.InferenceInvalid.selector, MODEL_ID);
        bytes memory forged = abi.encode(_inputs, bytes("forged"));
        CHEATS.expectRevert(invalid);
        _inference.verifyInference(MODEL_ID, commitment, output, forged);
        _inputs.pop();
        bytes memory shorter = abi.encode(_inputs, bytes("halo2"));
        commitment = _inference.commitmentOf(_inputs);
        CHEATS.expectRevert(invalid);
        _inference.verifyInference(MODEL_ID, commitment, output, shorter);
    }
}
