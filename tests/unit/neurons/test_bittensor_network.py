from __future__ import annotations

import asyncio
import ipaddress
import threading
from types import SimpleNamespace
from typing import Any

import bittensor.settings
import pytest
from bittensor.keyfiles import Keypair
from bittensor.result import BittensorError, ChainError, ExtrinsicResult, RpcConnectionError
from pydantic import ValidationError
from structlog.testing import capture_logs

from neurons.network import WeightsRefusal
from neurons.network.bittensor_network import BittensorNetwork
from neurons.network.errors import (
    InvalidCallError,
    NetworkMismatchError,
    NetworkRefusedError,
    NetworkUnreachableError,
    NotFoundError,
    NotRegisteredError,
)
from neurons.network.settings import BittensorNetworkSettings
from tests.unit.neurons.memory_substrate import MemorySubstrate, graph_of

OWN, OTHER = (Keypair.create_from_uri(f"//{name}") for name in ("Own", "Other"))
HOTKEY: str = OWN.ss58_address
SETTINGS = BittensorNetworkSettings(kind="bittensor", endpoint="local", netuid=2)
ENDPOINT = "http://203.0.113.7:8091"
SERVED = {"ip": int(ipaddress.ip_address("203.0.113.7")), "port": 8091, "ip_type": 4}
SERVED_6 = {"ip": int(ipaddress.ip_address("2001:db8::7")), "port": 8092, "ip_type": 6}


def neuron(keypair: Any, axon: Any = None, *, permit: bool = False, stake: int = 0) -> dict[str, Any]:
    return {"hotkeys": keypair.ss58_address, "axons": axon, "validator_permit": permit, "total_stake": stake}


@pytest.fixture
def chain() -> MemorySubstrate:
    items = {
        ("Uids", HOTKEY): 0,
        ("LastUpdate",): [990, 0],
        ("WeightsSetRateLimit",): 10,
        ("Tempo",): 360,
        ("BlocksSinceLastStep",): 17,
        ("MinAllowedWeights",): 1,
        ("CommitRevealWeightsEnabled",): False,
        ("WeightsVersionKey",): 3,
        ("MaxWeightsLimit",): 65_535,
    }
    return MemorySubstrate(items, graph_of(neuron(OWN, permit=True, stake=5 * 10**8), neuron(OTHER, SERVED)))


@pytest.fixture
def network(chain: MemorySubstrate) -> Any:
    wallet = SimpleNamespace(coldkey=OWN, coldkeypub=OWN, hotkey=OWN)
    network = BittensorNetwork(SETTINGS, wallet, substrate=chain)  # type: ignore[arg-type] # the part that is used
    yield network
    network.close()


def test_neurons_of_a_metagraph_have_role_endpoint_and_stake(network: BittensorNetwork, chain: MemorySubstrate) -> None:
    own, other = network.neurons()
    assert (own.role, own.endpoint, own.stake, own.validator_permit) == (None, None, 0.5, True)
    assert (other.role, other.endpoint, other.uid) == (None, ENDPOINT, 1)
    chain.graph = graph_of(neuron(OTHER, SERVED_6))
    network.forget()
    assert network.neurons()[0].endpoint == "http://[2001:db8::7]:8092"


def test_neurons_many_threads_at_once_read_once_over_one_connection(
    network: BittensorNetwork, chain: MemorySubstrate
) -> None:
    threads = [threading.Thread(target=network.neurons) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (chain.graphs_read, chain.connections) == (1, 1)


def test_ask_first_questions_at_once_leave_one_connection_open(
    network: BittensorNetwork, chain: MemorySubstrate
) -> None:
    async def slow() -> None:
        chain.connections += 1
        await asyncio.sleep(0.01)

    chain.connect = slow  # type: ignore[method-assign] # as a handshake takes its time
    threads = [threading.Thread(target=network.weight_rules, args=(HOTKEY,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert chain.connections == 1


def test_neurons_after_a_read_that_hung_are_not_read_again_at_once(chain: MemorySubstrate) -> None:
    now = [0.0]
    wallet = SimpleNamespace(coldkey=OWN, coldkeypub=OWN, hotkey=OWN)
    network = BittensorNetwork(SETTINGS, wallet, substrate=chain, clock=lambda: now[0])  # type: ignore[arg-type] # the part that is used
    answer = chain.runtime_call

    async def hang(*_: Any, **__: Any) -> Any:
        now[0] += 30.0  # longer than the pause between two reads
        return await answer()

    known = network.neurons()
    chain.failure, now[0] = RpcConnectionError("gone"), 13.0
    chain.runtime_call = hang  # type: ignore[method-assign] # a node that does not answer
    assert network.neurons() == known
    read = chain.graphs_read
    now[0] += 11.0
    assert network.neurons() == known
    assert chain.graphs_read == read
    now[0] += 2.0
    assert network.neurons() == known
    assert chain.graphs_read > read
    network.close()


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "10.0.0.1", "127.0.0.1", "127.0.0.2", "0.0.0.1", "::1", "fd00::1"]
)
def test_neurons_announcing_an_address_in_the_askers_own_network_have_no_endpoint(
    chain: MemorySubstrate, address: str
) -> None:
    ip = ipaddress.ip_address(address)
    chain.graph = graph_of(neuron(OTHER, {"ip": int(ip), "port": 8091, "ip_type": ip.version}))
    wallet = SimpleNamespace(coldkey=OWN, coldkeypub=OWN, hotkey=OWN)
    settings = SETTINGS.model_copy(update={"endpoint": "test"})
    network = BittensorNetwork(settings, wallet, substrate=chain)  # type: ignore[arg-type] # the part that is used
    assert [found.endpoint for found in network.neurons()] == [None]
    network.close()


def test_neurons_axon_that_does_not_decode_is_an_error_of_the_network(
    network: BittensorNetwork, chain: MemorySubstrate
) -> None:
    chain.graph = graph_of(neuron(OTHER, {"ip": 1 << 40, "port": 8091, "ip_type": 4}))
    with pytest.raises(NetworkMismatchError):
        network.neurons()


def test_seen_reading_that_takes_longer_than_a_refresh_is_not_begun_again_at_once(chain: MemorySubstrate) -> None:
    now, readings = [0.0], list[float]()
    wallet = SimpleNamespace(coldkey=OWN, coldkeypub=OWN, hotkey=OWN)
    settings = SETTINGS.model_copy(update={"endpoint": "test"})
    network = BittensorNetwork(settings, wallet, substrate=chain, clock=lambda: now[0])  # type: ignore[arg-type] # the part that is used
    before = network.seen()

    def hanging() -> Any:
        readings.append(now[0])
        now[0] += 30.0
        raise NetworkUnreachableError("the node does not answer")

    network._read = hanging  # type: ignore[method-assign] # a node that hangs until the reading is given up
    now[0] = 100.0
    assert network.seen() is before
    assert network.seen() is before
    assert readings == [100.0]
    network.close()


def test_seen_another_thread_reads_gives_what_is_there_at_once(
    network: BittensorNetwork, chain: MemorySubstrate
) -> None:
    before = network.seen()
    reading, go_on = threading.Event(), threading.Event()

    async def slow(*_: Any, **__: Any) -> Any:
        reading.set()
        await asyncio.to_thread(go_on.wait, 30)
        return chain.graph

    chain.runtime_call = slow  # type: ignore[method-assign] # a node that takes its time
    network.forget()
    reader = threading.Thread(target=network.seen)
    reader.start()
    assert reading.wait(30)
    assert network.seen() is before
    go_on.set()
    reader.join()
    assert network.seen() is not before


def test_local_chain_is_on_this_machine_whatever_the_sdks_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(bittensor.settings.NETWORKS, "local", "ws://203.0.113.9:9944")
    wallet = SimpleNamespace(coldkey=OWN, coldkeypub=OWN, hotkey=OWN)
    network = BittensorNetwork(SETTINGS, wallet)  # type: ignore[arg-type] # the part that is used
    assert network.client.endpoint == "ws://127.0.0.1:9944"


def test_neurons_no_subnet_is_not_found(network: BittensorNetwork, chain: MemorySubstrate) -> None:
    chain.graph = None
    with pytest.raises(NotFoundError, match="subnet 2"):
        network.neurons()


@pytest.mark.parametrize(
    "failure", [RpcConnectionError("wss://node/secret is down"), ConnectionRefusedError(111, "no"), TimeoutError()]
)
def test_neurons_no_answer_is_unreachable_without_the_endpoint(
    network: BittensorNetwork, chain: MemorySubstrate, failure: Exception
) -> None:
    chain.failure = failure
    with pytest.raises(NetworkUnreachableError) as caught:
        network.neurons()
    assert "secret" not in str(caught.value)


def test_neurons_after_the_sdk_gave_its_connection_up_are_read_over_a_new_one(
    network: BittensorNetwork, chain: MemorySubstrate
) -> None:
    opened: list[str] = []

    async def connect() -> None:
        opened.append("connection")

    chain.connect = connect  # type: ignore[method-assign] # counts
    chain.failure = RpcConnectionError("too many attempts")
    with pytest.raises(NetworkUnreachableError):
        network.neurons()
    chain.failure = None
    assert len(network.neurons()) == 2
    network.forget()
    assert len(network.neurons()) == 2
    assert len(opened) == 2


def test_ask_connection_that_fails_is_closed(network: BittensorNetwork, chain: MemorySubstrate) -> None:
    async def refuse() -> None:
        chain.connections += 1
        raise ConnectionRefusedError(111, "refused")

    chain.connect = refuse  # type: ignore[method-assign] # a node that is down
    with pytest.raises(NetworkUnreachableError, match="refused"):
        network.neurons()
    assert chain.connections == 0


def test_weight_rules_never_updated_is_none(network: BittensorNetwork, chain: MemorySubstrate) -> None:
    rules = network.weight_rules(HOTKEY)
    assert (rules.block, rules.last_update_block, rules.blocks_to_wait) == (1000, 990, 0)
    assert (rules.rate_limit_blocks, rules.blocks_since_epoch, rules.version_key) == (10, 17, 3)
    chain.items["LastUpdate",] = [995, 0]
    assert network.weight_rules(HOTKEY).blocks_to_wait == 5
    chain.items["LastUpdate",] = [0, 0]
    assert network.weight_rules(HOTKEY).last_update_block is None
    with pytest.raises(NotRegisteredError):
        network.weight_rules(OTHER.ss58_address)


def test_weight_basis_is_read_anew_and_as_of_one_block(network: BittensorNetwork, chain: MemorySubstrate) -> None:
    assert network.neurons()[1].hotkey == OTHER.ss58_address
    chain.graph, chain.read_at = graph_of(neuron(OWN, permit=True)), set()
    basis = network.weight_basis(HOTKEY)
    assert [found.hotkey for found in basis.neurons] == [HOTKEY]
    assert basis.rules.block == 1000
    assert chain.read_at == {f"0x{1000:064x}"}
    with pytest.raises(NotRegisteredError):
        network.weight_basis(OTHER.ss58_address)


def test_weight_basis_without_the_metagraph_is_refused_however_fresh_the_list_in_memory_is(
    network: BittensorNetwork, chain: MemorySubstrate
) -> None:
    network.neurons()
    chain.failure = TimeoutError()
    with pytest.raises(NetworkUnreachableError):
        network.weight_basis(HOTKEY)


def clocked(chain: MemorySubstrate, now: list[float]) -> BittensorNetwork:
    wallet = SimpleNamespace(coldkey=OWN, coldkeypub=OWN, hotkey=OWN)
    return BittensorNetwork(SETTINGS, wallet, substrate=chain, clock=lambda: now[0])  # type: ignore[arg-type] # the part that is used


def test_neurons_of_a_stuck_node_are_told_stale_and_not_believed_for_ever(chain: MemorySubstrate) -> None:
    assert chain.graph is not None
    now, told = [0.0], list[int]()
    network = clocked(chain, now)
    for seconds in (0.0, 60.0, 100.0, 120.0, 600.0, 900.0):
        now[0] = seconds
        with capture_logs() as logs:
            assert len(network.neurons()) == 2
        told += [log["seconds"] for log in logs if log["event"] == "network_stale"]
    assert told == [120, 600, 900]
    now[0] = 912.0
    with pytest.raises(NetworkUnreachableError, match="no newer block"):
        network.neurons()
    now[0], chain.graph["block"] = 1000.0, 1001
    assert (network.seen().block, network.seen().at) == (1001, 1000.0)
    network.close()


def test_neurons_of_a_node_that_fell_back_are_those_of_the_newer_block(chain: MemorySubstrate) -> None:
    now = [0.0]
    network = clocked(chain, now)
    before = network.seen()
    chain.graph, now[0] = graph_of(neuron(OTHER)) | {"block": 990}, 20.0
    assert network.seen() == before
    network.close()


def test_weight_basis_of_a_stuck_node_is_refused_until_it_moves_on(chain: MemorySubstrate) -> None:
    now = [0.0]
    network = clocked(chain, now)
    network.neurons()
    now[0] = 119.0
    assert network.weight_basis(HOTKEY).rules.block == 1000
    now[0] = 120.0
    with pytest.raises(NetworkUnreachableError, match="no newer block than 1000 for 120 s"):
        network.weight_basis(HOTKEY)
    chain.head = 1001
    assert network.weight_basis(HOTKEY).rules.block == 1001
    network.close()


@pytest.mark.parametrize(
    "odd",
    [
        {"total_stake": [-1, 0]},
        {"total_stake": ["a", 0]},
        {"total_stake": [10**400, 0]},
        {"hotkeys": 5},
        {"axons": [{"ip": "z", "port": "q", "ip_type": 4}, None]},
        {"block": None},
        {"tempo": [1]},
        {"validator_permit": 3},
    ],
)
def test_neurons_and_weight_basis_of_an_odd_metagraph_are_errors_of_the_network(
    network: BittensorNetwork, chain: MemorySubstrate, odd: dict[str, Any]
) -> None:
    assert chain.graph is not None
    chain.graph.update(odd)
    with pytest.raises(NetworkMismatchError):
        network.neurons()
    with pytest.raises(NetworkMismatchError):
        network.weight_basis(HOTKEY)


@pytest.mark.parametrize(
    ("item", "odd"), [("LastUpdate", [None]), ("LastUpdate", 7), ("Tempo", "a"), ("WeightsVersionKey", {1: 2})]
)
def test_weight_rules_of_odd_storage_are_errors_of_the_network(
    network: BittensorNetwork, chain: MemorySubstrate, item: str, odd: object
) -> None:
    chain.items[item,] = odd
    with pytest.raises(NetworkMismatchError):
        network.weight_rules(HOTKEY)


def test_settings_list_may_not_be_refreshed_more_seldom_than_it_is_usable() -> None:
    with pytest.raises(ValidationError, match="refresh_seconds"):
        BittensorNetworkSettings(kind="bittensor", endpoint="local", netuid=2, refresh_seconds=301)


def test_serve_announces_what_the_chain_takes(network: BittensorNetwork, chain: MemorySubstrate) -> None:
    network.serve(HOTKEY, ENDPOINT)
    ((call, arguments),) = chain.submitted
    assert call == "serve_axon"
    assert (arguments["ip"], arguments["port"], arguments["ip_type"]) == (SERVED["ip"], 8091, 4)


def test_serve_refused_keeps_the_chains_name(network: BittensorNetwork, chain: MemorySubstrate) -> None:
    chain.outcomes = [ExtrinsicResult(success=False, error=ChainError("no", name="InvalidIpAddress"))]
    with pytest.raises(InvalidCallError, match="InvalidIpAddress") as caught:
        network.serve(HOTKEY, ENDPOINT)
    assert caught.value.name == "InvalidIpAddress"


def test_serve_failure_without_an_error_is_a_failure(network: BittensorNetwork, chain: MemorySubstrate) -> None:
    chain.outcomes = [ExtrinsicResult(success=False, message="went wrong")]
    with pytest.raises(NetworkRefusedError, match="went wrong"):
        network.serve(HOTKEY, ENDPOINT)


def test_set_weights_failures_are_refusals_and_lost_answers_are_errors(
    network: BittensorNetwork, chain: MemorySubstrate
) -> None:
    permit = ChainError("no", name="NeuronNoValidatorPermit")
    chain.outcomes = [
        ExtrinsicResult(success=False, error=permit),
        ExtrinsicResult(success=False, message="went wrong"),
        RpcConnectionError("gone"),
        BittensorError("odd"),
    ]

    def set_them() -> Any:
        return network.set_weights(HOTKEY, {1: 1.0}, holders={1: OTHER.ss58_address}, version_key=3, dry_run=False)

    assert set_them().refusal is WeightsRefusal.NO_VALIDATOR_PERMIT
    assert set_them().refusal is WeightsRefusal.OTHER
    with pytest.raises(NetworkUnreachableError):
        set_them()
    with pytest.raises(InvalidCallError):
        set_them()
    assert set_them().accepted
    assert [call for call, _ in chain.submitted] == ["set_mechanism_weights"] * 5


def test_close_and_ask_again_opens_a_new_connection(network: BittensorNetwork, chain: MemorySubstrate) -> None:
    network.neurons()
    network.close()
    assert chain.connections == 0
    network.forget()
    assert len(network.neurons()) == 2
