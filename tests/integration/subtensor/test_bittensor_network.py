"""The adapter on the unmodified SDK, over a websocket, against the double."""

from __future__ import annotations

import hashlib

import pytest

from neurons.network import Role, neuron_of
from neurons.network.errors import (
    InvalidCallError,
    NetworkRefusedError,
    NotFoundError,
    NotRegisteredError,
    RateLimitedError,
)
from statements.errors import ConfigurationError
from tests.integration.subtensor.stand import ADDRESS, MINER, STRANGER, VALIDATOR, Stand


def test_neurons_are_those_of_the_metagraph(stand: Stand) -> None:
    network = stand.network(MINER)
    miner, validator = network.neurons()
    assert (miner.uid, miner.hotkey, miner.role, miner.endpoint) == (0, MINER.address, None, None)
    assert (validator.role, validator.validator_permit, validator.stake) == (None, True, 1000.0)
    assert network.seen().block == stand.chain.head.number
    assert network.register(MINER.address, Role.MINER) == miner


def test_serve_is_seen_by_others_and_not_repeated(stand: Stand) -> None:
    network = stand.network(MINER)
    assert network.serve(MINER.address, ADDRESS).endpoint == ADDRESS
    served = stand.node.submitted().count("SubtensorModule.serve_axon")
    # the same again is no change: no extrinsic, and no rate limit to run into
    assert network.serve(MINER.address, ADDRESS).endpoint == ADDRESS
    assert stand.node.submitted().count("SubtensorModule.serve_axon") == served == 1
    seen = neuron_of(stand.network(VALIDATOR).neurons(), MINER.address)
    assert seen is not None
    assert seen.endpoint == ADDRESS


def test_serve_again_too_soon_is_rate_limited_and_leaves_no_block(stand: Stand) -> None:
    network = stand.network(MINER)
    network.serve(MINER.address, ADDRESS)
    head = stand.chain.head.number
    with pytest.raises(RateLimitedError, match="ServingRateLimitExceeded") as caught:
        network.serve(MINER.address, "http://203.0.113.7:8092")
    assert caught.value.remedy
    assert stand.chain.head.number == head
    stand.node.mine(5)
    assert network.serve(MINER.address, "http://203.0.113.7:8092").endpoint == "http://203.0.113.7:8092"


def test_serve_unregistered_is_told_how_to_register(stand: Stand) -> None:
    with pytest.raises(NotRegisteredError, match="not registered in subnet 2") as caught:
        stand.network(STRANGER).serve(STRANGER.address, ADDRESS)
    assert "miner register" in caught.value.remedy


def test_serve_loopback_is_refused_before_the_chain_is_asked(stand: Stand) -> None:
    asked = len(stand.node.asked)
    with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1"):
        stand.network(MINER).serve(MINER.address, "http://127.0.0.1:8091")
    assert len(stand.node.asked) == asked


def test_plan_serve_shows_fee_and_signs_nothing(stand: Stand) -> None:
    head = stand.chain.head.number
    lines = stand.network(MINER).plan_serve(ADDRESS)
    assert any("203.0.113.7:8091" in line for line in lines)
    assert any(line.startswith("fee ") for line in lines)
    assert stand.chain.head.number == head


def test_commit_is_read_back_and_replaced_by_the_next(stand: Stand) -> None:
    network = stand.network(VALIDATOR)
    for artefact in (b"first", b"second"):
        digest = hashlib.sha256(artefact).digest()
        network.commit(digest)
        assert stand.network(MINER).committed() == {VALIDATOR.address: digest}
    with pytest.raises(InvalidCallError, match="32 bytes"):
        network.commit(b"short")


def test_commit_unregistered_is_refused_by_the_chain(stand: Stand) -> None:
    with pytest.raises(NetworkRefusedError, match="AccountNotAllowedCommit"):
        stand.network(STRANGER).commit(bytes(32))
    assert stand.network(MINER).committed() == {}


class Forger:
    """Claims the miner's address and signs with another key."""

    ss58_address = MINER.address
    public_key = MINER.hotkey.public_key
    crypto_type = 1

    def sign(self, payload: bytes) -> bytes:
        signature: bytes = STRANGER.hotkey.sign(payload)
        return signature


class ForgedWallet:
    coldkey = coldkeypub = hotkey = Forger()


def test_commit_forged_signature_is_refused_by_the_pool(stand: Stand) -> None:
    with pytest.raises(InvalidCallError, match="BadProof"):
        stand.network(ForgedWallet()).commit(bytes(32))
    assert stand.network(MINER).committed() == {}


def test_neurons_unknown_subnet_is_named(stand: Stand) -> None:
    with pytest.raises(NotFoundError, match="subnet 3 is not on this chain"):
        stand.network(MINER, netuid=3).neurons()


def test_serve_another_hotkey_than_the_wallets_is_refused(stand: Stand) -> None:
    with pytest.raises(ConfigurationError, match="is not the wallet's"):
        stand.network(MINER).serve(VALIDATOR.address, ADDRESS)
