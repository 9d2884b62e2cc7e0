// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {AssetObserver} from "../../contracts/feed/AssetObserver.sol";
import {AttestedInputs} from "../../contracts/feed/AttestedInputs.sol";
import {RiskFeed} from "../../contracts/feed/RiskFeed.sol";
import {RiskFeedAggregator} from "../../contracts/feed/RiskFeedAggregator.sol";
import {IAssetObserver} from "../../contracts/interfaces/IAssetObserver.sol";
import {IAttestedInputs} from "../../contracts/interfaces/IAttestedInputs.sol";
import {IInputSource} from "../../contracts/interfaces/IInputSource.sol";
import {IRiskFeed} from "../../contracts/interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {MockPriceFeed} from "../../contracts/mocks/MockPriceFeed.sol";
import {VerifierRegistry} from "../../contracts/verification/VerifierRegistry.sol";

/// @dev What is refused, by the name of the error; tests/contracts has the same with every argument, as real transactions.
contract RefusalsTest is Stage {
    AttestedInputs private _attested;
    address[] private _two;

    function setUp() external {
        setUpStage();
        _two = [CHEATS.addr(1), CHEATS.addr(2)];
        _attested = new AttestedInputs(address(authority), 1, address(7), EPOCH_LENGTH, 1, _two, 2, 1 days);
        registry.propose(MODEL_ID, circuit(address(verifier)));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate(MODEL_ID, 1, currentEpoch());
    }

    function test_observer_refusals() external {
        address asset = address(token);
        bytes memory observe = abi.encodeCall(IAssetObserver.observe, (asset));
        address to = address(observer);
        _refuses(to, abi.encodeCall(IAssetObserver.observe, (address(9))), IAssetObserver.UnknownAsset.selector);
        CHEATS.warp(block.timestamp + 600);
        _refuses(to, observe, IAssetObserver.ObservationWindowClosed.selector);
        observeEpochs(1);
        _refuses(to, observe, IAssetObserver.AlreadyObserved.selector);
        CHEATS.warp((uint256(currentEpoch()) + 1) * EPOCH_LENGTH);
        priceFeed.setAnswer(1 ether, block.timestamp - 27 hours);
        _refuses(to, observe, IAssetObserver.PriceStale.selector);
        token.burn(address(this), token.totalSupply());
        _refuses(to, observe, IAssetObserver.SupplyIsZero.selector);
        bytes memory at = abi.encodeCall(IAssetObserver.assetConfig, (asset, 0));
        _refuses(to, at, IAssetObserver.UnknownConfigVersion.selector);
        at = abi.encodeCall(IAssetObserver.featuresHashOf, (asset, 2));
        _refuses(to, at, IAssetObserver.UnknownConfigVersion.selector);
        at = abi.encodeCall(IAssetObserver.configFromEpoch, (asset, 2));
        _refuses(to, at, IAssetObserver.UnknownConfigVersion.selector);
        equal(observer.configVersionCount(asset), 1);
        equal(observer.assetConfig(asset, 1).heartbeat, 1 days);
        (uint64 chain, address home) = observer.home();
        check(chain == block.chainid && home == to, "another home");
    }

    function test_observer_configRefusals() external {
        address to = address(observer);
        IAssetObserver.AssetConfig memory wrong = config();
        bytes memory add = abi.encodeCall(IAssetObserver.addAssetConfig, (address(0), wrong));
        _refuses(to, add, IAssetObserver.ObserverZeroAddress.selector);
        wrong.heartbeat = 0;
        add = abi.encodeCall(IAssetObserver.addAssetConfig, (address(token), wrong));
        _refuses(to, add, IAssetObserver.InvalidConfig.selector);
        observer.addAssetConfig(address(token), config());
        add = abi.encodeCall(IAssetObserver.addAssetConfig, (address(token), config()));
        _refuses(to, add, IAssetObserver.ConfigPending.selector);
        CHEATS.expectRevert(abi.encodeWithSelector(IAssetObserver.ObserverZeroAddress.selector));
        new AssetObserver(address(authority), address(0), EPOCH_LENGTH, 1, address(0));
        CHEATS.expectRevert(abi.encodeWithSelector(IAssetObserver.InvalidEpochLength.selector, 600, 601));
        new AssetObserver(address(authority), address(totals), 600, 1, address(0));
    }

    function test_observer_sequencerAndDecimals() external {
        MockPriceFeed uptime = new MockPriceFeed(0, "sequencer");
        AssetObserver rollup = new AssetObserver(address(authority), address(totals), EPOCH_LENGTH, 1, address(uptime));
        MockPriceFeed fine = new MockPriceFeed(20, "twenty decimals");
        IAssetObserver.AssetConfig memory given = config();
        given.priceFeed = address(fine);
        rollup.addAssetConfig(address(token), given);
        CHEATS.warp((uint256(currentEpoch()) + 2) * EPOCH_LENGTH);
        bytes memory observe = abi.encodeCall(IAssetObserver.observe, (address(token)));
        uptime.setAnswer(1, block.timestamp - 1 days);
        _refuses(address(rollup), observe, IAssetObserver.SequencerDown.selector);
        uptime.setAnswer(0, block.timestamp - 1 hours + 1);
        _refuses(address(rollup), observe, IAssetObserver.SequencerDown.selector);
        uptime.setAnswer(0, block.timestamp - 1 hours);
        fine.setAnswer(99, block.timestamp);
        _refuses(address(rollup), observe, IAssetObserver.PriceNotPositive.selector);
        fine.setAnswer(1e20, block.timestamp);
        equal(rollup.observe(address(token)).price, 1e18);
    }

    function test_feed_refusals() external {
        observeEpochs(10);
        uint32 epoch = currentEpoch();
        _refuses(address(feed), _submit(epoch + 1, 7), IRiskFeed.EpochInFuture.selector);
        _refuses(address(feed), _submit(epoch, 1 << 64), IRiskFeed.TagOutOfRange.selector);
        uint256 modulus = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
        bytes memory beyond = abi.encodeCall(
            IRiskFeed.submit, (MODEL_ID, address(token), epoch, [uint256(1), modulus], 7, bytes("proof"))
        );
        _refuses(address(feed), beyond, IRiskFeed.InstanceNotInField.selector);
        beyond =
            abi.encodeCall(IRiskFeed.submit, (MODEL_ID, address(token), epoch, [uint256(8193), 1], 7, bytes("proof")));
        _refuses(address(feed), beyond, IRiskFeed.OutputOutOfRange.selector);
        check(feed.statementIdOf(MODEL_ID, address(token), epoch) != 0, "no statement");
        feed.submit(MODEL_ID, address(token), epoch, [uint256(1), 1], 7, "proof");
        _refuses(address(feed), _submit(epoch, 7), IRiskFeed.AlreadyRecorded.selector);
        _refuses(address(feed), _submit(epoch - 1, 7), IRiskFeed.EpochNotNewer.selector);
        check(feed.statementIdOf(MODEL_ID, address(token), epoch) != 0, "no statement");
        equal(feed.scoreAt(MODEL_ID, address(token), epoch).epoch, epoch);
        equal(feed.limitsOf(address(token)).heartbeat, EPOCH_LENGTH);
        verifier.accept("another");
        observeEpochs(1);
        _refuses(address(feed), _submit(currentEpoch(), 7), IRiskFeed.ProofInvalid.selector);
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 1);
        _refuses(address(feed), _submit(currentEpoch(), 7), IRiskFeed.Frozen.selector);
    }

    function test_feed_circuitsThatDoNotFit() external {
        IVerifierRegistry.Circuit memory other = circuit(anotherVerifier());
        other.inputCount = 33;
        registry.propose("wide", other);
        other = circuit(anotherVerifier());
        other.inputScaleBits = 1;
        registry.propose("coarse", other);
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate("wide", 1, currentEpoch());
        registry.activate("coarse", 1, currentEpoch());
        observeEpochs(10);
        bytes memory call = abi.encodeCall(
            IRiskFeed.submit, ("wide", address(token), currentEpoch(), [uint256(1), 1], 7, bytes("proof"))
        );
        _refuses(address(feed), call, IRiskFeed.InputsDoNotFitCircuit.selector);
        call = abi.encodeCall(
            IRiskFeed.submit, ("coarse", address(token), currentEpoch(), [uint256(1), 1], 7, bytes("proof"))
        );
        _refuses(address(feed), call, IRiskFeed.InputOutOfRange.selector);
    }

    function test_feed_constructorAndAdapter() external {
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.RiskFeedZeroAddress.selector));
        new RiskFeed(IInputSource(address(0)), registry, MAXIMUM_AGE);
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.LimitsOutOfRange.selector, EPOCH_LENGTH, 3599));
        new RiskFeed(observer, registry, 3599);
        VerifierRegistry other = new VerifierRegistry(address(authority), 0, 1800);
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.EpochLengthsDiffer.selector, EPOCH_LENGTH, 1800));
        new RiskFeed(observer, other, MAXIMUM_AGE);
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.RiskFeedZeroAddress.selector));
        new RiskFeedAggregator(feed, MODEL_ID, address(0), RiskFeedAggregator.Output.ExitRisk);
        observeEpochs(10);
        feed.submit(MODEL_ID, address(token), currentEpoch(), [uint256(4096), 4096], 7, "proof");
        RiskFeedAggregator duration =
            new RiskFeedAggregator(feed, MODEL_ID, address(token), RiskFeedAggregator.Output.StakingDuration);
        (, int256 answer,,,) = duration.getRoundData(currentEpoch());
        equal(answer, int256(15 days));
        check(bytes(duration.description()).length > 42 && duration.decimals() == 0, "another adapter");
        bytes memory round = abi.encodeCall(duration.getRoundData, (2 ** 32));
        _refuses(address(duration), round, IRiskFeed.NoRound.selector);
    }

    function test_registry_refusals() external {
        address to = address(registry);
        registry.propose(MODEL_ID, circuit(anotherVerifier()));
        bytes4 wrongStatus = IVerifierRegistry.WrongStatus.selector;
        bytes memory call = abi.encodeCall(IVerifierRegistry.activate, (MODEL_ID, 2, currentEpoch() + 1));
        _refuses(to, call, IVerifierRegistry.VersionNotReady.selector);
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        call = abi.encodeCall(IVerifierRegistry.activate, (MODEL_ID, 2, currentEpoch()));
        _refuses(to, call, IVerifierRegistry.EpochAlreadyPast.selector);
        registry.activate(MODEL_ID, 2, currentEpoch() + 5);
        _refuses(to, call, wrongStatus);
        registry.propose(MODEL_ID, circuit(anotherVerifier()));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        call = abi.encodeCall(IVerifierRegistry.activate, (MODEL_ID, 3, currentEpoch() + 1));
        _refuses(to, call, IVerifierRegistry.EpochNotAhead.selector);
        call = abi.encodeCall(IVerifierRegistry.version, (MODEL_ID, 9));
        _refuses(to, call, IVerifierRegistry.UnknownVersion.selector);
        call = abi.encodeCall(IVerifierRegistry.isFrozen, (MODEL_ID, 9));
        _refuses(to, call, IVerifierRegistry.UnknownVersion.selector);
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 3);
        CHEATS.prank(GUARDIAN);
        CHEATS.expectRevert(abi.encodeWithSelector(wrongStatus, MODEL_ID, 3, IVerifierRegistry.Status.Frozen));
        registry.freeze(MODEL_ID, 3);
    }

    function test_attested_refusals() external {
        address to = address(_attested);
        IAttestedInputs.Attestation memory given = _attestation();
        given.homeChainId = 2;
        _refuses(to, _attest(given, 2), IAttestedInputs.WrongHome.selector);
        given = _attestation();
        given.expiry = uint40(block.timestamp - 1);
        _refuses(to, _attest(given, 2), IAttestedInputs.AttestationExpired.selector);
        given = _attestation();
        given.observedAt = uint40(block.timestamp + 1);
        _refuses(to, _attest(given, 2), IAttestedInputs.AttestationFromFuture.selector);
        given = _attestation();
        given.inputs = new int256[](2);
        _refuses(to, _attest(given, 2), IAttestedInputs.WrongInputCount.selector);
        given = _attestation();
        _refuses(to, _attest(given, 1), IAttestedInputs.TooFewSignatures.selector);
        bytes memory twice = _signature(given, 1);
        bytes[] memory same = new bytes[](2);
        (same[0], same[1]) = (twice, twice);
        _refuses(to, abi.encodeCall(IAttestedInputs.attest, (given, same)), IAttestedInputs.SignersNotSorted.selector);
        _announceRefusals(to);
        check(_attested.isAttester(_two[0]) && _attested.attesters().length == 2, "other attesters");
        (uint64 chain, address home) = _attested.home();
        check(chain == 1 && home == address(7) && _attested.threshold() == 2, "another home");
    }

    function _announceRefusals(address to) private {
        address[] memory wrong = new address[](2);
        bytes memory call = abi.encodeCall(IAttestedInputs.announceAttesters, (wrong, 1));
        _refuses(to, call, IAttestedInputs.InvalidThreshold.selector);
        call = abi.encodeCall(IAttestedInputs.announceAttesters, (wrong, 2));
        _refuses(to, call, IAttestedInputs.AttestedInputsZeroAddress.selector);
        (wrong[0], wrong[1]) = (address(3), address(3));
        call = abi.encodeCall(IAttestedInputs.announceAttesters, (wrong, 2));
        _refuses(to, call, IAttestedInputs.DuplicateAttester.selector);
        _attested.announceAttesters(_two, 2);
        (address[] memory announced, uint256 needed,) = _attested.announcedAttesters();
        check(announced.length == 2 && needed == 2, "others are announced");
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.AttestedInputsZeroAddress.selector));
        new AttestedInputs(address(authority), 1, address(0), EPOCH_LENGTH, 1, _two, 2, 1 days);
    }

    function _attestation() private view returns (IAttestedInputs.Attestation memory) {
        return IAttestedInputs.Attestation({
            homeChainId: 1,
            observer: address(7),
            homeBlockHash: 0,
            asset: address(5),
            epoch: currentEpoch(),
            configVersion: 1,
            observedAt: uint40(block.timestamp),
            expiry: uint40(block.timestamp),
            featuresHash: "features",
            inputs: new int256[](1)
        });
    }

    function _attest(IAttestedInputs.Attestation memory given, uint256 signers) private view returns (bytes memory) {
        bytes[] memory signatures = new bytes[](signers);
        for (uint256 i = 0; i < signers; ++i) {
            signatures[i] = _signature(given, i + 1);
        }
        return abi.encodeCall(IAttestedInputs.attest, (given, signatures));
    }

    function _signature(IAttestedInputs.Attestation memory given, uint256 key) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = CHEATS.sign(key, _attested.attestationDigest(given));
        return abi.encodePacked(r, s, v);
    }

    function _submit(uint32 epoch, uint256 tag) private view returns (bytes memory) {
        return abi.encodeCall(IRiskFeed.submit, (MODEL_ID, address(token), epoch, [uint256(1), 1], tag, bytes("proof")));
    }

    /// @dev The call reverts with this error.
    function _refuses(address to, bytes memory call, bytes4 error_) private {
        (bool success, bytes memory reason) = to.call(call);
        check(!success, "a call that has to be refused is not");
        check(bytes4(reason) == error_, string(abi.encodePacked("another error: ", reason)));
    }
}
