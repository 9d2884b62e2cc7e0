// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {CheatTest} from "./Cheats.sol";
import {AttestedInputs} from "../../contracts/feed/AttestedInputs.sol";
import {IInputSource} from "../../contracts/interfaces/IInputSource.sol";
import {IAttestedInputs} from "../../contracts/interfaces/IAttestedInputs.sol";

contract AttestedInputsTest is CheatTest {
    uint32 private constant EPOCH_LENGTH = 3600;
    uint256 private constant START = 500_000 * 3600 + 7;
    address private constant ASSET = address(5);
    uint256 private constant FIRST_KEY = 7;
    uint256 private constant SECOND_KEY = 8;
    uint32 private constant ATTESTER_DELAY = 1 days;
    address private constant GUARDIAN = address(0x6A2D);

    AccessManager private _authority;
    AttestedInputs private _inputs;
    int256 private _differing;
    bytes32 private _blockHash;

    function setUp() external {
        CHEATS.warp(START);
        _authority = new AccessManager(address(this));
        _authority.grantRole(2, GUARDIAN, 0);
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

    function test_announceAttesters_anyTimeBeforeTheDelay_changesNothing() external {
        uint256 readyAt = block.timestamp + ATTESTER_DELAY;
        _inputs.announceAttesters(_set(SECOND_KEY), 1);
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.NotAnAttester.selector, CHEATS.addr(SECOND_KEY)));
        this.attestNow(SECOND_KEY);
        CHEATS.warp(readyAt - 1);
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.AttestersNotReady.selector, readyAt));
        _inputs.acceptAttesters();
        this.attestNow(FIRST_KEY);
    }

    function test_acceptAttesters_afterTheDelay_anyoneMayAndTheSetIsReplaced() external {
        _inputs.announceAttesters(_set(SECOND_KEY), 1);
        CHEATS.warp(block.timestamp + ATTESTER_DELAY);
        CHEATS.prank(address(0xABC));
        _inputs.acceptAttesters();
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.NotAnAttester.selector, CHEATS.addr(FIRST_KEY)));
        this.attestNow(FIRST_KEY);
        this.attestNow(SECOND_KEY);
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.AttestersNotAnnounced.selector));
        _inputs.acceptAttesters();
    }

    function test_stopAttesting_guardian_stopsAtOnceUntilAnotherSetIsAccepted() external {
        _inputs.announceAttesters(_set(FIRST_KEY), 1);
        CHEATS.prank(GUARDIAN);
        _inputs.stopAttesting();
        bytes memory isStopped = abi.encodeWithSelector(IAttestedInputs.AttestingIsStopped.selector);
        CHEATS.expectRevert(isStopped);
        this.attestNow(FIRST_KEY);
        // what was announced before the stop cannot end it
        CHEATS.warp(block.timestamp + ATTESTER_DELAY);
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.AttestersNotAnnounced.selector));
        _inputs.acceptAttesters();

        _inputs.announceAttesters(_set(SECOND_KEY), 1);
        CHEATS.warp(block.timestamp + ATTESTER_DELAY);
        CHEATS.expectRevert(isStopped);
        this.attestNow(SECOND_KEY);
        _inputs.acceptAttesters();
        this.attestNow(SECOND_KEY);
    }

    function test_attest_twoQuorumsThatDisagree_stopTheSourceAndVoidWhatWasAttested() external {
        uint32 epoch = uint32(block.timestamp / EPOCH_LENGTH);
        this.attestNow(FIRST_KEY);
        _inputs.inputsOf(ASSET, epoch);
        _differing = 1;
        this.attestNow(FIRST_KEY);
        check(_inputs.stopped(), "two quorums that disagree are no reason to stop");
        CHEATS.expectRevert(abi.encodeWithSelector(IInputSource.InputsUnavailable.selector, ASSET, epoch));
        _inputs.inputsOf(ASSET, epoch);
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.AttestingIsStopped.selector));
        this.attestNow(FIRST_KEY);

        _inputs.announceAttesters(_set(SECOND_KEY), 1);
        CHEATS.warp(block.timestamp + ATTESTER_DELAY);
        _inputs.acceptAttesters();
        this.attestNow(SECOND_KEY);
        (int256[] memory held,) = _inputs.inputsOf(ASSET, uint32(block.timestamp / EPOCH_LENGTH));
        equal(held[0], 1);
        CHEATS.expectRevert(abi.encodeWithSelector(IInputSource.InputsUnavailable.selector, ASSET, epoch));
        _inputs.inputsOf(ASSET, epoch);
    }

    function test_attest_contradictionOfAStranger_isRefusedAndStopsNothing() external {
        this.attestNow(FIRST_KEY);
        _differing = 1;
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.NotAnAttester.selector, CHEATS.addr(SECOND_KEY)));
        this.attestNow(SECOND_KEY);
        check(!_inputs.stopped(), "a stranger stopped the source");
    }

    function test_attest_theSameOfAnotherBlock_isNoContradiction() external {
        uint32 epoch = uint32(block.timestamp / EPOCH_LENGTH);
        this.attestNow(FIRST_KEY);
        _blockHash = "another block";
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.AlreadyAttested.selector, ASSET, epoch));
        this.attestNow(FIRST_KEY);
    }

    function test_stopAttesting_whatWasAttested_isVoid() external {
        uint32 epoch = uint32(block.timestamp / EPOCH_LENGTH);
        this.attestNow(FIRST_KEY);
        CHEATS.prank(GUARDIAN);
        _inputs.stopAttesting();
        CHEATS.expectRevert(abi.encodeWithSelector(IInputSource.InputsUnavailable.selector, ASSET, epoch));
        _inputs.inputsOf(ASSET, epoch);
    }

    function test_era_risesWithEveryStop() external {
        uint32 epoch = uint32(block.timestamp / EPOCH_LENGTH);
        equal(_inputs.era(), 1);
        equal(_inputs.eraOf(ASSET, epoch), 0);
        this.attestNow(FIRST_KEY);
        equal(_inputs.eraOf(ASSET, epoch), 1);
        CHEATS.prank(GUARDIAN);
        _inputs.stopAttesting();
        // a stop of what is stopped is none
        CHEATS.prank(GUARDIAN);
        _inputs.stopAttesting();
        equal(_inputs.era(), 2);
        equal(_inputs.eraOf(ASSET, epoch), 1);
    }

    function test_stopAttesting_admin_isRefused() external {
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.NotGuardian.selector, address(this)));
        _inputs.stopAttesting();
    }

    function test_constructor_attesterDelayZero_reverts() external {
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.AttesterDelayIsZero.selector));
        new AttestedInputs(address(_authority), 1, address(0xABCD), EPOCH_LENGTH, 1, _set(FIRST_KEY), 1, 0);
    }

    function attestNow(uint256 key) external {
        this.attest(key, uint32(block.timestamp / EPOCH_LENGTH), uint40(block.timestamp));
    }

    /// @dev External, so that only the call of the contract under test is expected to revert.
    function attest(uint256 key, uint32 epoch, uint40 observedAt) external {
        IAttestedInputs.Attestation memory attestation = IAttestedInputs.Attestation({
            homeChainId: 1,
            observer: address(0xABCD),
            homeBlockHash: _blockHash,
            asset: ASSET,
            epoch: epoch,
            configVersion: 1,
            observedAt: observedAt,
            expiry: uint40(block.timestamp),
            featuresHash: "features",
            inputs: new int256[](1)
        });
        attestation.inputs[0] = _differing;
        bytes[] memory signatures = new bytes[](1);
        (uint8 v, bytes32 r, bytes32 s) = CHEATS.sign(key, _inputs.attestationDigest(attestation));
        signatures[0] = abi.encodePacked(r, s, v);
        _inputs.attest(attestation, signatures);
    }

    function _deploy(uint32 epochLength) private returns (AttestedInputs) {
        return
            new AttestedInputs(
                address(_authority), 1, address(0xABCD), epochLength, 1, _set(FIRST_KEY), 1, ATTESTER_DELAY
            );
    }

    function _set(uint256 key) private pure returns (address[] memory attesters) {
        attesters = new address[](1);
        attesters[0] = CHEATS.addr(key);
    }
}
