"""What the tests of observer, registry, attested inputs and feed share: a stage with one asset, and exact reverts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
from ape.exceptions import ContractLogicError
from eth_abi.abi import decode, encode
from eth_utils.abi import event_abi_to_log_topic
from eth_utils.crypto import keccak

from statements.abi import load_abi
from statements.features_hash import features_hash
from statements.instances import InstanceLayout, Instances
from statements.subject import model_id

EPOCH_LENGTH = 3600
CONFIG_DELAY_EPOCHS = 24
ACTIVATION_DELAY = 7200
MAXIMUM_AGE = 3 * 3600
WINDOW = 8
ETHER = 10**18
ZERO_ADDRESS = "0x" + "00" * 20
MODEL_ID = model_id("veristake/test/1")
PROPOSER_ROLE, GUARDIAN_ROLE = 1, 2
LAYOUT = InstanceLayout(
    input_count=32,
    tag_limbs=4,
    tag_limb_bits=16,
    output_count=2,
    input_scale_bits=13,
    output_scale_bits=13,
)
MAXIMUM_DURATION = 30 * 86400
FACTORS = (20, 50, 20, 4000, LAYOUT.input_scale_bits)
"""FeatureParameters in the order of the struct."""
FEATURES_HASH = features_hash(*FACTORS)


@cache
def _errors() -> dict[bytes, dict[str, Any]]:
    names = ("AssetObserver", "AttestedInputs", "RiskFeed", "VerifierRegistry", "CanaryStop", "AccessManager")
    entries = [entry for name in names for entry in load_abi(name) if entry["type"] == "error"]
    return {event_abi_to_log_topic(entry)[:4]: entry for entry in entries}


def _decoded(failure: ContractLogicError) -> tuple[str, dict[str, Any]]:
    """Name and arguments of a custom error, also where Ape only gives its bytes."""
    if hasattr(failure, "abi"):
        return str(failure.abi.name), {key: _plain(value) for key, value in failure.inputs.items()}
    found = re.fullmatch(r"(?:custom error )?0x([0-9a-f]{8})(?:: )?(.*)", str(failure.revert_message), re.DOTALL)
    assert found, f"not a custom error: {failure.revert_message!r}"
    entry = _errors()[bytes.fromhex(found[1])]
    # Anvil gives the arguments as hex, except where they happen to be valid UTF-8
    data = bytes.fromhex(found[2]) if re.fullmatch(r"[0-9a-f]*", found[2]) else found[2].encode()
    values = decode([field["type"] for field in entry["inputs"]], data)
    return entry["name"], {field["name"]: _plain(value) for field, value in zip(entry["inputs"], values, strict=True)}


def _plain(value: Any) -> Any:
    """Bytes and addresses as lower-case hex, so that they compare whatever library they come from."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if hasattr(value, "address"):
        value = value.address
    return value.lower() if isinstance(value, str) and value.startswith("0x") else value


@contextmanager
def reverts_with(error: str, **arguments: Any) -> Iterator[None]:
    """The block's last call reverts with exactly this custom error and these arguments."""
    with pytest.raises(ContractLogicError) as failure:
        yield
    expected = (error, {key: _plain(value) for key, value in arguments.items()})
    actual = _decoded(failure.value)
    assert actual == expected, f"reverted with {actual}, expected {expected}"


@dataclass(frozen=True)
class Actors:
    """Accounts by what they do."""

    owner: Any
    proposer: Any
    guardian: Any
    restaker: Any
    stranger: Any

    @classmethod
    def of(cls, accounts: Any) -> Actors:
        """Ape's test accounts in these roles."""
        return cls(
            owner=accounts[0],
            restaker=accounts[1],
            stranger=accounts[4],
            proposer=accounts[5],
            guardian=accounts[6],
        )


@dataclass(frozen=True)
class Stage:
    """Contracts of one chain with one asset; deposits are real, market and verifier are doubles."""

    project: Any
    chain: Any
    actors: Actors
    authority: Any
    deposit: Any
    token: Any
    price_feed: Any
    observer: Any
    registry: Any
    verifier: Any
    feed: Any

    @property
    def epoch(self) -> int:
        """Epoch of the pending block."""
        return int(self.chain.pending_timestamp) // EPOCH_LENGTH

    def at(self, timestamp: int) -> None:
        """Mine a block at this Unix time."""
        self.chain.mine(timestamp=timestamp)

    def into_epoch(self, epochs: int = 1, seconds: int = 0) -> int:
        """Go to ``seconds`` after the start of the epoch that is ``epochs`` ahead; returns it."""
        epoch = self.chain.blocks.head.timestamp // EPOCH_LENGTH + epochs
        self.at(epoch * EPOCH_LENGTH + seconds)
        return int(epoch)

    def set_price(self, wei: int) -> None:
        """The price feed answers now."""
        self.price_feed.setAnswer(wei, self.chain.blocks.head.timestamp, sender=self.actors.owner)

    def observe(self) -> Any:
        """Observe the asset as anybody."""
        return self.observer.observe(self.token, sender=self.actors.stranger)

    def observe_epochs(self, count: int) -> int:
        """Observe ``count`` epochs in a row from the next on; returns the last."""
        epoch = 0
        for step in range(count):
            epoch = self.into_epoch()
            self.set_price(ETHER + step * 10**15)
            self.observe()
        return epoch

    def config(self, **changes: Any) -> tuple[Any, ...]:
        """An AssetConfig, with fields changed by name."""
        fields = {
            "rateProvider": self.token.address,
            "priceFeed": self.price_feed.address,
            "heartbeat": 86400,
            "features": FACTORS,
        }
        return tuple({**fields, **changes}.values())

    def circuit(self, verifier: Any = None, **changes: Any) -> tuple[Any, ...]:
        """A registry ``Circuit`` of ``LAYOUT``, with fields changed by name."""
        target = verifier or self.verifier
        fields = {
            "verifier": target.address,
            "verifierCodeHash": keccak(self.chain.provider.get_code(target.address)),
            "onnxHash": b"\x01" * 32,
            "settingsHash": b"\x02" * 32,
            "verifyingKeyHash": b"\x03" * 32,
            "srsHash": b"\x04" * 32,
            "inputCount": LAYOUT.input_count,
            "tagLimbs": LAYOUT.tag_limbs,
            "tagLimbBits": LAYOUT.tag_limb_bits,
            "outputCount": LAYOUT.output_count,
            "inputScaleBits": LAYOUT.input_scale_bits,
            "outputScaleBits": LAYOUT.output_scale_bits,
            "maximumDuration": MAXIMUM_DURATION,
            "devSrs": True,
            "featuresHash": bytes.fromhex(FEATURES_HASH[2:]),
            "generatorHash": b"\x05" * 32,
            "vkaDigest": b"\0" * 32,
            "vkaStore": ZERO_ADDRESS,
            "roundingBand": 0,
            "additionPrecompile": 6,
        }
        return tuple({**fields, **changes}.values())

    def serve(self, verifier: Any = None, model: str = MODEL_ID, **changes: Any) -> int:
        """Propose a model's first circuit, wait, and activate it from the current epoch on; returns the version."""
        proposer = self.actors.proposer
        self.registry.propose(model, self.circuit(verifier, **changes), sender=proposer)
        version = int(self.registry.versionCount(model))
        self.at(self.chain.blocks.head.timestamp + ACTIVATION_DELAY)
        from_epoch = self.chain.blocks.head.timestamp // EPOCH_LENGTH
        self.registry.activate(model, version, from_epoch, sender=proposer)
        return version

    def accept(self, inputs: tuple[int, ...], tag: int, outputs: tuple[int, int], proof: bytes) -> None:
        """Let the verifier accept this proof, for the instances that ``statements`` builds, and no other."""
        elements = Instances.build(LAYOUT, inputs, tag, outputs).elements
        digest = keccak(encode(["bytes", "uint256[]"], [proof, list(elements)]))
        self.verifier.accept(digest, sender=self.actors.owner)

    def with_feed(self, source: Any) -> Stage:
        """The same stage with a feed that reads another source."""
        feed = self.actors.owner.deploy(self.project.RiskFeed, source, self.registry, MAXIMUM_AGE)
        return replace(self, feed=feed)


def build_stage(project: Any, chain: Any, actors: Actors) -> Stage:
    """Deploy everything, give out the roles, list and fund the asset; no epoch is observed yet."""
    owner = actors.owner
    authority = owner.deploy(project.Authority, owner)
    token = owner.deploy(project.MockLiquidRestakingToken, "restaked ether", "rETH", 102 * 10**16)
    deposit = owner.deploy(project.OmronDeposit, owner, [token])
    price_feed = owner.deploy(project.MockPriceFeed, 18, "rETH / ETH")
    observer = owner.deploy(project.AssetObserver, authority, deposit, EPOCH_LENGTH, CONFIG_DELAY_EPOCHS, ZERO_ADDRESS)
    registry = owner.deploy(project.VerifierRegistry, authority, ACTIVATION_DELAY, EPOCH_LENGTH)
    feed = owner.deploy(project.RiskFeed, observer, registry, MAXIMUM_AGE)
    selectors = [keccak(text=abi.selector)[:4] for abi in (registry.propose.abis[0], registry.activate.abis[0])]
    authority.setTargetFunctionRole(registry, selectors, PROPOSER_ROLE, sender=owner)
    authority.grantRole(PROPOSER_ROLE, actors.proposer, 0, sender=owner)
    authority.grantRole(GUARDIAN_ROLE, actors.guardian, 0, sender=owner)
    token.mint(actors.restaker, 1000 * ETHER, sender=owner)
    verifier = owner.deploy(project.AcceptingVerifier)
    stage = Stage(project, chain, actors, authority, deposit, token, price_feed, observer, registry, verifier, feed)
    observer.addAssetConfig(token, stage.config(), sender=owner)
    return stage
