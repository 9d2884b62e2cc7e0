"""The corridor in small: one asset, one chain, the tiny circuit; a real proof accepted, each attack refused."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from staking_model.chain_source import ObserverReader
from staking_model.features import window_features
from staking_model.simulator import simulate_market
from statements.abi import load_abi
from statements.deployment import Deployment
from statements.instances import Instances
from verifier_gen import prover
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.solidity import install_verifier
from veristake.contracts_tool.account_plan import AccountPlan
from veristake.contracts_tool.deploy import deploy_to
from veristake.contracts_tool.plan import AssetPlan, HomePlan, MockAsset
from veristake.contracts_tool.record import read_deployment
from veristake.demo.anvil import LocalChain, start_chain
from veristake.demo.contract_errors import describe_revert
from veristake.demo.market_player import MarketPlayer
from veristake.demo.processes import ProcessGroup
from veristake.toolchain import find_tool

PROJECT = Path(__file__).resolve().parents[2]
HOME, EPOCHS, HOUR = 31337, 11, 3600


@dataclass(frozen=True)
class Corridor:
    chain: LocalChain
    deployment: Deployment
    circuit: Circuit
    epoch: int
    inputs: tuple[int, ...]
    instances: Instances
    proof: bytes


@pytest.fixture(scope="module")
def corridor(tiny_circuit: Circuit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corridor]:
    folder = tmp_path_factory.mktemp("corridor")
    install_verifier(tiny_circuit.paths, tiny_circuit.manifest.verifier_contract, PROJECT / "contracts")
    start = (int(time.time()) // HOUR - EPOCHS) * HOUR + 5
    with ProcessGroup(folder / "logs") as processes:
        chain = start_chain(processes, find_tool("anvil", PROJECT), HOME, genesis_timestamp=start - 300)
        market = simulate_market(7, EPOCHS, ["ezETH"], start=start)
        first = market.points["ezETH"][0]
        mock = MockAsset(initial_rate=first.rate, price=first.price, supply=first.supply)
        plan = HomePlan(
            chain_id=HOME,
            circuit=tiny_circuit.directory,
            account=AccountPlan(test_index=0),
            assets={"ezETH": AssetPlan(heartbeat=HOUR, mock=mock)},
        )
        deployment = read_deployment(deploy_to(plan, chain.url, PROJECT, folder))
        chain.mine_by_hand()
        played = MarketPlayer(chain, deployment, market).play(lambda done, of: None)
        chain.mine_at_once()
        reader = ObserverReader(chain.web3, deployment.observer)
        token = deployment.assets["ezETH"].token
        block = chain.block_number
        inputs, version, _ = reader.inputs_of(token, played.last_epoch, block)
        window = reader.window(token, played.last_epoch, block)
        assert window_features(window, reader.parameters(token, version, block)) == inputs
        made = run_isolated(prover.prove, tiny_circuit, inputs, 12345)
        yield Corridor(chain, deployment, tiny_circuit, played.last_epoch, inputs, made.instances, made.proof)


@pytest.fixture
def snapshot(corridor: Corridor) -> Iterator[None]:
    before = corridor.chain.call("evm_snapshot")
    yield
    corridor.chain.call("evm_revert", before)


def submit(corridor: Corridor, **changed: object) -> str:
    """Named revert of a submission, or an empty string when it is recorded."""
    chain, instances = corridor.chain, corridor.instances
    feed = chain.web3.eth.contract(corridor.deployment.address("RiskFeed"), abi=load_abi("RiskFeed"))
    arguments = {
        "model": corridor.circuit.manifest.model_id,
        "asset": corridor.deployment.assets["ezETH"].token,
        "epoch": corridor.epoch,
        "outputs": list(instances.outputs),
        "tag": instances.tag,
        "proof": corridor.proof,
    } | changed
    data = feed.encode_abi("submit", args=list(arguments.values()))
    sender = chain.accounts[3]
    call = {"from": sender, "to": feed.address, "data": data, "gas": hex(3_000_000)}
    receipt = chain.wait_for(chain.call("eth_sendTransaction", call))
    if receipt["status"] == 1:
        return ""
    answer = chain.web3.provider.make_request("eth_call", [call, "latest"])
    return describe_revert(answer["error"]["data"])


@pytest.mark.usefixtures("snapshot")
def test_submit_honest_proof_is_recorded_with_its_score(corridor: Corridor) -> None:
    assert submit(corridor) == ""
    feed = corridor.chain.web3.eth.contract(corridor.deployment.address("RiskFeed"), abi=load_abi("RiskFeed"))
    token = corridor.deployment.assets["ezETH"].token
    score = feed.functions.latestScore(corridor.circuit.manifest.model_id, token).call()
    duration, risk = corridor.instances.outputs
    assert score[0] == corridor.epoch
    assert score[3] == duration * 2592000 >> corridor.circuit.manifest.layout.output_scale_bits
    assert score[4] == risk * 10**18 >> corridor.circuit.manifest.layout.output_scale_bits


@pytest.mark.usefixtures("snapshot")
def test_submit_output_changed_by_one_is_refused(corridor: Corridor) -> None:
    duration, risk = corridor.instances.outputs
    assert submit(corridor, outputs=[duration, risk - 1]).startswith("ProofInvalid(")
    assert submit(corridor) == ""


@pytest.mark.usefixtures("snapshot")
def test_submit_second_time_is_already_recorded(corridor: Corridor) -> None:
    assert submit(corridor) == ""
    assert submit(corridor).startswith("AlreadyRecorded(")
