// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {RiskFeedAggregator} from "../../contracts/feed/RiskFeedAggregator.sol";
import {IRiskFeed} from "../../contracts/interfaces/IRiskFeed.sol";

/// @dev Sources that cost next to nothing, so that what an observation costs is the observer's own.
contract GasTest is Stage {
    bytes private _proof = new bytes(2272);
    RiskFeedAggregator private _adapter;

    /// @dev What was measured, by name; scripts/gas_snapshot.py reads it.
    event Measured(string name, uint256 gas);

    function setUp() external {
        setUpStage();
        registry.propose(MODEL_ID, circuit(address(verifier)));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate(MODEL_ID, 1, currentEpoch());
        // the ring is written once
        observeEpochs(33);
        _adapter = new RiskFeedAggregator(feed, MODEL_ID, address(token), RiskFeedAggregator.Output.ExitRisk);
    }

    function test_gas_observe() external {
        CHEATS.warp((uint256(currentEpoch()) + 1) * EPOCH_LENGTH);
        priceFeed.setAnswer(1.01 ether, block.timestamp);
        _cool();
        uint256 before = gasleft();
        observer.observe(address(token));
        uint256 all = before - gasleft();
        _cool();
        before = gasleft();
        _askSources();
        _tell("observe_without_sources", all, before - gasleft(), 90_000);
    }

    function test_gas_observeAfterDays() external {
        // the farthest way that a supply goes at once
        token.burn(address(this), token.totalSupply() - 1);
        CHEATS.warp((uint256(currentEpoch()) + 100) * EPOCH_LENGTH);
        priceFeed.setAnswer(1.01 ether, block.timestamp);
        _cool();
        uint256 before = gasleft();
        observer.observe(address(token));
        uint256 all = before - gasleft();
        _cool();
        before = gasleft();
        _askSources();
        _tell("observe_restart_without_sources", all, before - gasleft(), 90_000);
    }

    function test_gas_inputs() external {
        _cool();
        uint32 epoch = currentEpoch();
        uint256 before = gasleft();
        observer.inputsOf(address(token), epoch);
        _tell("inputs_cold", before - gasleft(), 0, 50_000);
    }

    function test_gas_submit() external {
        uint256[2] memory outputs = [uint256(4096), 4096];
        feed.submit(MODEL_ID, address(token), currentEpoch(), outputs, 7, _proof);
        observeEpochs(1);
        uint32 epoch = currentEpoch();
        bytes memory proof = _proof;
        uint256[] memory instances = new uint256[](38);
        _cool();
        uint256 before = gasleft();
        feed.submit(MODEL_ID, address(token), epoch, outputs, 7, proof);
        uint256 all = before - gasleft();
        _cool();
        before = gasleft();
        verifier.verifyProof(proof, instances);
        _tell("submit_overhead", all, before - gasleft(), 130_000);
    }

    function test_gas_read() external {
        feed.submit(MODEL_ID, address(token), currentEpoch(), [uint256(4096), 4096], 7, _proof);
        _cool();
        uint256 before = gasleft();
        feed.latestScore(MODEL_ID, address(token));
        _tell("read_latest_cold", before - gasleft(), 2_600, 10_000);
        before = gasleft();
        feed.latestScore(MODEL_ID, address(token));
        _tell("read_latest_warm", before - gasleft(), 100, 5_000);
        _cool();
        before = gasleft();
        _adapter.latestRoundData();
        _tell("read_adapter_cold", before - gasleft(), 2_600, 15_000);
    }

    function test_gas_registry() external {
        uint32 epoch = currentEpoch();
        _cool();
        uint256 before = gasleft();
        registry.servingAt(MODEL_ID, epoch);
        _tell("registry_cold", before - gasleft(), 0, 18_000);
    }

    function _askSources() private view {
        token.totalSupply();
        totals.cumulativeOf(address(token));
        priceFeed.latestRoundData();
        priceFeed.decimals();
        token.getRate();
    }

    /// @dev As in a transaction of its own: nothing has been touched yet.
    function _cool() private {
        address[8] memory all = [
            address(observer),
            address(registry),
            address(feed),
            address(verifier),
            address(token),
            address(totals),
            address(priceFeed),
            address(_adapter)
        ];
        for (uint256 i = 0; i < all.length; ++i) {
            CHEATS.cool(all[i]);
        }
    }

    function _tell(string memory name, uint256 gas, uint256 without, uint256 limit) private {
        emit Measured(name, gas - without);
        check(gas - without <= limit, name);
    }
}
