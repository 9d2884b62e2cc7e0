// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {CheatTest} from "./Cheats.sol";
import {AttestedInputs} from "../../contracts/feed/AttestedInputs.sol";
import {IAttestedInputs} from "../../contracts/interfaces/IAttestedInputs.sol";

contract AttestedInputsTest is CheatTest {
    uint32 private constant EPOCH_LENGTH = 3600;
    uint256 private constant START = 500_000 * 3600 + 7;
    address private constant ASSET = address(5);
    uint256 private constant FIRST_KEY = 7;

    AccessManager private _authority;
    AttestedInputs private _inputs;

    function setUp() external {
        CHEATS.warp(START);
        _authority = new AccessManager(address(this));
        _inputs = _deploy(EPOCH_LENGTH);
    }

    function testFuzz_attest_epochOfTheObservation_isBoundToItAndToTheClock(int32 ahead, uint32 age) external {
        uint40 observedAt = uint40(block.timestamp - bound(age, 0, 6 * EPOCH_LENGTH));
        uint32 current = uint32(block.timestamp / EPOCH_LENGTH);
        uint32 observed = uint32(observedAt / EPOCH_LENGTH);
        uint32 epoch = uint32(int32(observed) + (ahead % 10));
        bool fits = epoch >= observed && epoch <= observed + 2 && epoch <= current;
        if (!fits) {
            CHEATS.expectRevert(
                abi.encodeWithSelector(IAttestedInputs.EpochDoesNotFitObservation.selector, epoch, observedAt)
            );
        }
        this.attest(FIRST_KEY, epoch, observedAt);
        if (fits) {
            (int256[] memory held,) = _inputs.inputsOf(ASSET, epoch);
            equal(held.length, 1);
        }
    }

    function test_attest_farAheadOfItsObservation_reverts() external {
        uint32 epoch = uint32(block.timestamp / EPOCH_LENGTH) + 1000;
        CHEATS.expectRevert(
            abi.encodeWithSelector(IAttestedInputs.EpochDoesNotFitObservation.selector, epoch, block.timestamp)
        );
        this.attest(FIRST_KEY, epoch, uint40(block.timestamp));
    }

    function test_constructor_epochLengthZero_reverts() external {
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.EpochLengthIsZero.selector));
        _deploy(0);
    }

    /// @dev External, so that only the call of the contract under test is expected to revert.
    function attest(uint256 key, uint32 epoch, uint40 observedAt) external {
        IAttestedInputs.Attestation memory attestation = IAttestedInputs.Attestation({
            homeChainId: 1,
            observer: address(0xABCD),
            homeBlockHash: 0,
            asset: ASSET,
            epoch: epoch,
            configVersion: 1,
            observedAt: observedAt,
            expiry: uint40(block.timestamp),
            inputs: new int256[](1)
        });
        bytes[] memory signatures = new bytes[](1);
        (uint8 v, bytes32 r, bytes32 s) = CHEATS.sign(key, _inputs.attestationDigest(attestation));
        signatures[0] = abi.encodePacked(r, s, v);
        _inputs.attest(attestation, signatures);
    }

    function _deploy(uint32 epochLength) private returns (AttestedInputs) {
        return new AttestedInputs(address(_authority), 1, address(0xABCD), epochLength, 1, _set(FIRST_KEY), 1);
    }

    function _set(uint256 key) private pure returns (address[] memory attesters) {
        attesters = new address[](1);
        attesters[0] = CHEATS.addr(key);
    }
}
