"""Two assets on a fresh Anvil: one whose window is full, one never observed; and the model of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eth_utils.crypto import keccak

from tests.integration.feed_machine.feed_model import (
    LAYOUT,
    MAXIMUM_AGE,
    MAXIMUM_DURATION,
    MODEL_ID,
    FeedModel,
    RegistryModel,
    Version,
    hash_of,
)
from tests.integration.feed_machine.node import Contract, Node
from tests.integration.feed_machine.observer_model import (
    CONFIG_DELAY,
    EPOCH_LENGTH,
    WAD,
    WINDOW,
    Factors,
    ObserverModel,
    Sources,
    Uptime,
)
from tests.integration.forge_artifacts import artifact
from tests.integration.observer_chain import START_EPOCH, bare_chain

TRAINED, OTHER = Factors(20, 50, 400, 4000, 12), Factors(7, 9000, 100, 1, 12)
ZERO = "0x" + "00" * 20
GUARDIAN_ROLE = 2
CHAIN_ID = 31337
STAKE = 10_000 * WAD
"""What the restaker holds of each token."""
SUPPLY_SLOT = 2
"""Of an OpenZeppelin ERC20."""


@dataclass(frozen=True)
class Asset:
    """A token and what is read about it."""

    token: Contract
    rate: Contract
    price: Contract

    def config(self, heartbeat: int, factors: Factors) -> tuple[object, ...]:
        return self.rate.address, self.price.address, heartbeat, tuple(factors)


@dataclass(frozen=True)
class Stage:
    """Contracts; whoever acts is an account of the node: the owner is the first, the guardian the second."""

    node: Node
    deposit: Contract
    uptime: Contract
    observer: Contract
    registry: Contract
    feed: Contract
    assets: tuple[Asset, ...]
    aggregators: tuple[Contract, ...]
    verifiers: tuple[str, ...]

    @property
    def owner(self) -> str:
        return self.node.accounts[0]

    @property
    def guardian(self) -> str:
        return self.node.accounts[1]

    @property
    def restaker(self) -> str:
        return self.node.accounts[2]

    @property
    def stranger(self) -> str:
        return self.node.accounts[3]


@dataclass
class World:
    """The model of everything on the stage."""

    uptime: Uptime
    observers: list[ObserverModel]
    registry: RegistryModel
    feeds: list[FeedModel]


def _asset(node: Node, deposit: Contract, decimals: int) -> Asset:
    owner, restaker = node.accounts[0], node.accounts[2]
    token = node.deploy("MockLiquidRestakingToken", "restaked ether", "rETH", 1)
    asset = Asset(token, node.deploy("MockRateProvider", WAD), node.deploy("MockPriceFeed", decimals, "rETH / ETH"))
    node.send(token.asked("mint", owner, 990_000 * WAD), owner)
    node.send(token.asked("mint", restaker, STAKE), owner)
    node.send(token.asked("approve", deposit.address, 2**256 - 1), restaker)
    node.send(deposit.asked("addWhitelistedToken", token.address), owner)
    return asset


def _verifiers(node: Node) -> tuple[str, ...]:
    """The accepting verifier at six addresses; each has code of its own, but the fifth has the second's."""
    code = node.rpc("eth_getCode", node.deploy("AcceptingVerifier").address, "latest")
    addresses = tuple(f"0x{0xC0DE0001 + number:040x}" for number in range(6))
    for number, address in enumerate(addresses):
        node.rpc("anvil_setCode", address, f"{code}{1 if number == 4 else number:02x}")
    return addresses


def _circuit(node: Node, verifier: str, factors: Factors) -> tuple[tuple[object, ...], Version]:
    code_hash = keccak(bytes.fromhex(node.rpc("eth_getCode", verifier, "latest")[2:]))
    hashes = (code_hash, *(bytes([number]) * 32 for number in range(1, 5)))
    layout = (LAYOUT.input_count, LAYOUT.tag_limbs, LAYOUT.tag_limb_bits, LAYOUT.output_count)
    scales = (LAYOUT.input_scale_bits, LAYOUT.output_scale_bits, MAXIMUM_DURATION, True)
    features = bytes.fromhex(hash_of(factors)[2:])
    circuit = (verifier, *hashes, *layout, *scales, features, b"\x05" * 32, bytes(32), ZERO, 0, 6)
    return circuit, Version("0x" + code_hash.hex(), factors)


def build_stage(node: Node) -> tuple[Stage, World]:
    """Deploy everything, propose six versions, activate the first, observe the first asset until its window is full."""
    owner, guardian = node.accounts[:2]
    authority = node.deploy("Authority", owner)
    deposit = node.deploy("OmronDeposit", owner, [])
    uptime = node.deploy("MockPriceFeed", 0, "sequencer uptime")
    arguments = (authority.address, deposit.address, EPOCH_LENGTH, CONFIG_DELAY, uptime.address)
    observer = node.deploy("AssetObserver", *arguments)
    registry = node.deploy("VerifierRegistry", authority.address, 0, EPOCH_LENGTH)
    feed = node.deploy("RiskFeed", observer.address, registry.address, MAXIMUM_AGE)
    node.send(authority.asked("grantRole", GUARDIAN_ROLE, guardian, 0), owner)
    assets = tuple(_asset(node, deposit, decimals) for decimals in (18, 8))
    aggregators = tuple(node.deploy("RiskFeedAggregator", feed.address, MODEL_ID, a.token.address, 1) for a in assets)
    stage = Stage(node, deposit, uptime, observer, registry, feed, assets, aggregators, _verifiers(node))
    world = _world(stage)
    set_price(stage, world, 1, 10**8)
    epoch = node.now // EPOCH_LENGTH
    for step in range(WINDOW + 2):
        node.go_to((epoch + 1 + step) * EPOCH_LENGTH)
        set_price(stage, world, 0, WAD + step * 10**15)
        node.send(observer.asked("observe", assets[0].token.address), owner)
        world.observers[0].observe(node.mined, world.uptime)
    return stage, world


def _world(stage: Stage) -> World:
    """Versions, configs and the sequencer, on the chain and in the model."""
    node, owner = stage.node, stage.owner
    versions = []
    for number, verifier in enumerate(stage.verifiers, start=1):
        circuit, version = _circuit(node, verifier, OTHER if number == 4 else TRAINED)
        node.send(stage.registry.asked("propose", MODEL_ID, circuit), owner)
        versions.append(version)
    registry = RegistryModel(versions)
    epoch = node.now // EPOCH_LENGTH
    node.send(stage.registry.asked("activate", MODEL_ID, 1, epoch), owner)
    registry.activate(1, epoch, node.mined)
    uptime = Uptime(0, node.now - 7200)
    node.send(stage.uptime.asked("setAnswer", uptime.answer, uptime.since), owner)
    observers = []
    for asset, decimals in zip(stage.assets, (18, 8), strict=True):
        model = ObserverModel(asset.token.address, Sources(decimals, 990_000 * WAD + STAKE, WAD))
        node.send(stage.observer.asked("addAssetConfig", model.asset, asset.config(86400, TRAINED)), owner)
        model.add_config(86400, TRAINED, node.mined)
        observers.append(model)
    feeds = [FeedModel(observer, registry, stage.observer.address) for observer in observers]
    return World(uptime, observers, registry, feeds)


def set_price(stage: Stage, world: World, number: int, answer: int, age: int = 0) -> None:
    """The asset's price feed answers; a negative age is a time to come."""
    updated_at = stage.node.now - age
    stage.node.send(stage.assets[number].price.asked("setAnswer", answer, updated_at), stage.owner)
    sources = world.observers[number].sources
    sources.price, sources.price_at = answer, updated_at


@contextmanager
def running_stage(folder: Path) -> Iterator[tuple[Stage, World]]:
    """On an Anvil of its own, until the block ends."""
    artifact("RiskFeed")  # compiled before the node starts
    with bare_chain(folder) as chain:
        yield build_stage(Node(chain.url, START_EPOCH * EPOCH_LENGTH))
