"""The demo, stage by stage."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from staking_model.market import Point
from statements.deployment import Deployment
from statements.publication import Publication
from verifier_gen import prover
from verifier_gen.build import ensure_circuit
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.solidity import install_verifier
from veristake.contracts_tool.account_plan import AccountPlan
from veristake.contracts_tool.compile import compiled_project
from veristake.contracts_tool.deploy import deploy_to
from veristake.contracts_tool.plan import AbroadPlan, AssetPlan, HomePlan, MockAsset
from veristake.contracts_tool.record import read_deployment
from veristake.demo.anvil import LocalChain, fork_chain, start_chain
from veristake.demo.attacks import AttackPlan, Evidence, run_attack
from veristake.demo.credentials import make_evm_key, make_wallet
from veristake.demo.market_player import OWNER, MarketPlayer
from veristake.demo.market_source import MarketChoice, make_market
from veristake.demo.processes import ProcessGroup, free_port
from veristake.demo.result import AttackResult, DemoResult, write_result
from veristake.demo.roles import register_neurons, start_roles, wait_for_landing, wait_for_publications
from veristake.demo.scores import read_scores, refresh_loans
from veristake.demo.settings_files import Corridor, write_settings
from veristake.demo.show import Stages
from veristake.project import Project
from veristake.toolchain import ensure_solc, find_tool

HOME_CHAIN, ABROAD_CHAIN = 31337, 31338
EPOCH_LENGTH = 3600
_DEPLOYMENT_TIME = 600
"""Seconds before the market begins at which the chains begin, for the contracts to be deployed in."""
_AFTER_OBSERVATION = 60
_PAYER_ETHER = 100 * 10**18


@dataclass(frozen=True)
class Ports:
    """Where the chains listen; 0 takes a free port."""

    home: int = 0
    abroad: int = 0


@dataclass(frozen=True)
class Circuits:
    """The circuit that is demonstrated, and another one whose proofs must be refused."""

    staking: Circuit
    other: Circuit


class Demo:
    """One run of the demo.

    Args:
        project: the checkout.
        choice: which market to play.
        processes: owns every subprocess.
        stages: tells the user.
        ports: of the chains.
    """

    def __init__(
        self, project: Project, choice: MarketChoice, processes: ProcessGroup, stages: Stages, ports: Ports
    ) -> None:
        self._project, self._choice, self._ports = project, choice, ports
        self._processes, self._stages = processes, stages
        self._folder = project.build / "demo"
        self._anvil = find_tool("anvil", project.root)

    def run(self) -> tuple[DemoResult, Corridor]:
        """All stages; the result is written when all have succeeded.

        Raises:
            VeristakeError: a stage failed.
        """
        stages = self._stages
        hour = int(time.time()) // EPOCH_LENGTH
        start = (hour - self._choice.epochs + 1) * EPOCH_LENGTH
        market = make_market(self._choice, start)
        for note in market.notes:
            stages.step(note)
        self._clear()
        with stages.stage("circuits", "Circuits: model to EZKL circuit to Solidity verifier (built once)"):
            circuits = self._build_circuits()
        with stages.stage("compile", "Contracts: compiling with Ape (cached)"):
            ensure_solc(self._project.root)
            compiled_project(self._project.root, stages.step)
        with stages.stage("chains", f"Two Anvil chains, {HOME_CHAIN} (home) and {ABROAD_CHAIN}"):
            home, abroad = self._start_chains(start - _DEPLOYMENT_TIME)
        with stages.stage("deploy", "Deploying through Ape"):
            corridor = self._deploy(home, abroad, circuits.staking, market.points)
        with stages.stage("market", f"Market: {market.epochs} epochs of deposits, rates, prices, observations"):
            played = MarketPlayer(home, corridor.home_deployment, market).play(self._tell_epoch)
            stages.step(f"{played.deposits} deposits, {played.withdrawals} withdrawals by role-named restakers")
            now = home.timestamp + _AFTER_OBSERVATION
            blocks = {chain.chain_id: chain.mine_at(now) for chain in (home, abroad)}
            for chain in (home, abroad):
                chain.mine_each_second()
        with stages.stage("prove", "Miner, validator and relayer: predict, prove, verify, publish"):
            publications = self._prove(corridor, played.last_epoch)
        with stages.stage("land", "Relayer: to both chains, and to finality"):
            statements = {item.inference.statement_id for item in publications.values()}
            jobs = wait_for_landing(self._processes, corridor, statements)
        deployments = {home.chain_id: corridor.home_deployment, abroad.chain_id: corridor.abroad_deployment}
        with stages.stage("read", "Reading the feeds, and lending by them"):
            scores, loans = [], []
            for chain in (home, abroad):
                scores += read_scores(chain, deployments[chain.chain_id], jobs, publications)
                loans += refresh_loans(chain, deployments[chain.chain_id])
        with stages.stage("attack", "Attacks, on copies of both chains"):
            attacks = self._attack((home, abroad), deployments, blocks, publications, circuits)
        result = DemoResult(
            scores=tuple(scores),
            loans=tuple(loans),
            attacks=tuple(attacks),
            stages=stages.seconds,
            endpoints=_endpoints(corridor),
        )
        write_result(result, self._folder / "result.json")
        return result, corridor

    def _clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

    def _build_circuits(self) -> Circuits:
        built = []
        for name in ("staking", "tiny"):
            recipe = load_recipe(RECIPES / f"{name}.toml")
            circuit = ensure_circuit(recipe, self._project.circuits, self._project.srs, self._stages.step)
            install_verifier(circuit.paths, recipe.verifier_contract, self._project.contracts)
            built.append(circuit)
        return Circuits(*built)

    def _start_chains(self, genesis: int) -> tuple[LocalChain, LocalChain]:
        home = start_chain(self._processes, self._anvil, HOME_CHAIN, genesis_timestamp=genesis, port=self._ports.home)
        abroad = start_chain(
            self._processes, self._anvil, ABROAD_CHAIN, genesis_timestamp=genesis, port=self._ports.abroad
        )
        return home, abroad

    def _deploy(
        self, home: LocalChain, abroad: LocalChain, circuit: Circuit, points: dict[str, tuple[Point, ...]]
    ) -> Corridor:
        root, told = self._project.root, self._stages.detail
        keys = self._folder / "keys"
        attester, payer = make_evm_key(keys, "attester"), make_evm_key(keys, "relayer")
        home_file = deploy_to(_home_plan(circuit.directory, points), home.url, root, self._project.deployments, told)
        abroad_plan = AbroadPlan(
            chain_id=ABROAD_CHAIN,
            circuit=circuit.directory,
            account=AccountPlan(test_index=OWNER),
            home=home_file,
            attesters=(attester.address,),
            threshold=1,
        )
        abroad_file = deploy_to(abroad_plan, abroad.url, root, self._project.deployments, told)
        for chain in (home, abroad):
            chain.call("anvil_setBalance", payer.address, hex(_PAYER_ETHER))
            chain.mine_by_hand()
        for chain, file in ((home, home_file), (abroad, abroad_file)):
            deployed = read_deployment(file)
            count = len(deployed.contracts)
            self._stages.step(f"chain {chain.chain_id}: {count} contracts of ours, told in {file.relative_to(root)}")
        wallets = self._folder / "wallets"
        return Corridor(
            folder=self._folder,
            circuit=circuit.directory,
            home=home,
            abroad=abroad,
            home_deployment=read_deployment(home_file),
            abroad_deployment=read_deployment(abroad_file),
            miner=make_wallet(wallets, "miner"),
            validator=make_wallet(wallets, "validator"),
            relayer=make_wallet(wallets, "relayer"),
            attester=attester,
            payer=payer,
            miner_port=free_port(),
            validator_port=free_port(),
            relayer_port=free_port(),
        )

    def _tell_epoch(self, done: int, of: int) -> None:
        self._stages.detail(f"epoch {done} of {of}")

    def _prove(self, corridor: Corridor, epoch: int) -> dict[str, Publication]:
        register_neurons(corridor)
        start_roles(self._processes, write_settings(corridor), corridor)
        tokens = [asset.token for asset in corridor.home_deployment.assets.values()]
        return wait_for_publications(self._processes, corridor, epoch, tokens, self._stages.step)

    def _attack(
        self,
        chains: tuple[LocalChain, LocalChain],
        deployments: dict[int, Deployment],
        blocks: dict[int, int],
        publications: dict[str, Publication],
        circuits: Circuits,
    ) -> list[AttackResult]:
        honest, other = list(publications.values())[:2]
        instances = honest.inference.instances
        forged = run_isolated(prover.prove, circuits.other, instances.inputs, instances.tag)
        evidence = Evidence(
            honest=honest.inference,
            other_asset=other.inference,
            other_circuit=(forged.instances.outputs, forged.proof),
            attestation=honest.attestations[0],
        )
        results = []
        for chain in chains:
            sandbox = fork_chain(self._processes, self._anvil, chain, blocks[chain.chain_id])
            owner = sandbox.accounts[OWNER]
            plan = AttackPlan(sandbox, deployments[chain.chain_id], evidence)
            results += [run_attack(sandbox, attack, owner) for attack in plan.attacks()]
            self._processes.stop(sandbox.process)
        return results


def _home_plan(circuit: Path, points: dict[str, tuple[Point, ...]]) -> HomePlan:
    assets = {}
    for symbol, series in points.items():
        mock = MockAsset(
            kind="wrapped_ether" if symbol == "wETH" else "liquid_restaking_token",
            initial_rate=series[0].rate,
            price=series[0].price,
            supply=series[0].supply,
        )
        assets[symbol] = AssetPlan(heartbeat=EPOCH_LENGTH, mock=mock)
    return HomePlan(chain_id=HOME_CHAIN, circuit=circuit, account=AccountPlan(test_index=OWNER), assets=assets)


def _endpoints(corridor: Corridor) -> dict[str, str]:
    return {
        f"chain {corridor.home.chain_id}": corridor.home.url,
        f"chain {corridor.abroad.chain_id}": corridor.abroad.url,
        "miner": f"http://127.0.0.1:{corridor.miner_port}",
        "validator": corridor.validator_url,
        "relayer": corridor.relayer_url,
    }
