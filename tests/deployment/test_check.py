"""Each thing that `contracts check` compares, changed on a real Anvil: it is named, with a remedy; nothing else is."""

import json

import pytest
from eth_utils import keccak

from tests.deployment.support import DEPLOYER, OTHER, command, contract, found, pass_time, read, transact

STRANGER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"


@pytest.fixture
def chain(home):
    """A deployment whose deployer is still admin; the chain is as it was afterwards."""
    return home


def manager(chain):
    _, web3, path = chain
    return contract(web3, read(path), "AccessManager").functions


def test_check_fresh_deployment_has_no_difference(chain):
    assert found(chain) == {}


HELD = "held, execution delay {} s"


@pytest.mark.parametrize(
    ("change", "what", "pair"),
    [
        (lambda m: m.grantRole(0, STRANGER, 0), f"role admin of {STRANGER}", ("no role", HELD.format(0))),
        (lambda m: m.grantRole(7, STRANGER, 0), f"role 7 of {STRANGER}", ("no role", HELD.format(0))),
        (lambda m: m.revokeRole(2, OTHER), f"role guardian of {OTHER}", (HELD.format(0), "no role")),
        (lambda m: m.grantRole(2, OTHER, 60), f"role guardian of {OTHER}", (HELD.format(0), HELD.format(60))),
        (lambda m: m.setGrantDelay(1, 600), "grant delay of role proposer", ("0 s", "600 s")),
        (lambda m: m.setRoleAdmin(1, 2), "getRoleAdmin of role proposer", ("admin", "guardian")),
        (lambda m: m.setRoleGuardian(2, 1), "getRoleGuardian of role guardian", ("admin", "proposer")),
    ],
)
def test_check_changed_role_is_named(chain, change, what, pair):
    transact(chain[1], change(manager(chain)))
    assert found(chain) == {what: pair}


def test_check_role_that_will_begin_later_is_named(chain):
    """hasRole says no until the grant delay is over: the holder is named at once."""
    _, web3, _ = chain
    transact(web3, manager(chain).setGrantDelay(1, 600))
    web3.provider.make_request("evm_increaseTime", [6 * 24 * 3600])
    transact(web3, manager(chain).grantRole(1, STRANGER, 0))
    assert f"role proposer of {STRANGER}" in found(chain)


def test_check_execution_delay_that_will_fall_is_named(chain):
    _, web3, path = chain
    transact(web3, manager(chain).grantRole(2, OTHER, 600))
    recorded = json.loads(path.read_text("utf-8"))
    recorded["access"]["roles"]["2"][OTHER] = 600
    altered = path.with_name("altered.json")
    altered.write_text(json.dumps(recorded), "utf-8")
    assert found((chain[0], web3, altered)) == {}
    transact(web3, manager(chain).grantRole(2, OTHER, 0))
    ((what, (_, live)),) = found((chain[0], web3, altered)).items()
    assert what == f"role guardian of {OTHER}"
    assert "execution delay 0 s from" in live


def test_check_function_open_to_others_is_named(chain):
    _, web3, path = chain
    registry = read(path).address("VerifierRegistry")
    public = 2**64 - 1
    function = keccak(text="anythingAtAll()")[:4]
    transact(web3, manager(chain).setTargetFunctionRole(registry, [function], public))
    assert found(chain) == {f"who may call VerifierRegistry 0x{function.hex()}": ("admin", str(public))}


def test_check_closed_target_and_admin_delay_are_named(chain):
    _, web3, path = chain
    registry = read(path).address("VerifierRegistry")
    transact(web3, manager(chain).setTargetClosed(registry, True))
    transact(web3, manager(chain).setTargetAdminDelay(registry, 3600))
    assert found(chain) == {
        "VerifierRegistry": ("open", "closed"),
        "admin delay of VerifierRegistry": ("0 s", "3600 s"),
    }


def test_check_contract_given_another_authority_is_named(chain):
    _, web3, path = chain
    deployment = read(path)
    other = deployment.address("RiskFeed")
    transact(web3, manager(chain).updateAuthority(deployment.address("VerifierRegistry"), other))
    assert found(chain) == {"VerifierRegistry.authority": (deployment.address("AccessManager"), other)}


def test_check_claim_manager_delay_is_named_and_zero_never_passes(chain):
    _, web3, path = chain
    deployment = read(path)
    deposit = contract(web3, deployment, "OmronDeposit")
    raise_delay = bytes.fromhex(deposit.encode_abi("raiseClaimManagerDelay", args=[8 * 24 * 3600])[2:])
    transact(web3, manager(chain).execute(deposit.address, raise_delay))
    assert found(chain) == {"OmronDeposit.claimManagerDelay": (str(7 * 24 * 3600), str(8 * 24 * 3600))}

    # claimManagerDelay cannot be lowered: its slot, behind the claim manager that is not set, is found and emptied
    value = (8 * 24 * 3600 << 160).to_bytes(32, "big")
    slots = [slot for slot in range(64) if bytes(web3.eth.get_storage_at(deposit.address, slot)) == value]
    assert len(slots) == 1
    for slot in slots:
        web3.provider.make_request("anvil_setStorageAt", [deposit.address, hex(slot), "0x" + "00" * 32])
    recorded = json.loads(path.read_text("utf-8"))
    recorded["settings"]["OmronDeposit"]["claimManagerDelay"] = "0"
    altered = path.with_name("altered.json")
    altered.write_text(json.dumps(recorded), "utf-8")
    assert found((chain[0], web3, altered)) == {"OmronDeposit.claimManagerDelay": ("a delay", "0")}


def test_check_changed_code_of_an_adapter_is_named(chain):
    _, web3, path = chain
    name = "RiskFeedAggregator:ezETH:exit_risk"
    recorded = read(path).contracts[name]
    web3.provider.make_request("anvil_setCode", [recorded.address, "0xfe"])
    changed = f"code 0x{keccak(bytes([0xFE])).hex()}"
    assert found(chain) == {f"{name} at {recorded.address}": (f"code {recorded.code_hash}", changed)}


def test_check_adapter_that_reads_another_feed_is_named(chain):
    """Immutables are code: a pointer changed in the code changes its hash; the record's own pointer is compared too."""
    _, _, path = chain
    recorded = json.loads(path.read_text("utf-8"))
    recorded["settings"]["RiskFeed"]["SOURCE"] = STRANGER
    altered = path.with_name("altered.json")
    altered.write_text(json.dumps(recorded), "utf-8")
    assert found((*chain[:2], altered)) == {"RiskFeed.SOURCE": (STRANGER, read(path).address("AssetObserver"))}


def test_check_frozen_version_is_named(chain, circuit):
    _, web3, path = chain
    registry = contract(web3, read(path), "VerifierRegistry")
    # once it serves, or it would leave the schedule as well
    pass_time(web3, 3600)
    transact(web3, registry.functions.freeze(circuit.manifest.model_id, 1), OTHER)
    assert found(chain) == {f"{circuit.manifest.model_name} version 1 status": ("Active", "Frozen")}


def test_check_newer_version_is_named(chain, circuit):
    _, web3, path = chain
    registry = contract(web3, read(path), "VerifierRegistry")
    first = registry.functions.version(circuit.manifest.model_id, 1).call()[0]
    transact(web3, registry.functions.propose(circuit.manifest.model_id, first), DEPLOYER)
    assert found(chain) == {f"{circuit.manifest.model_name} versions": ("1", "2")}


def test_check_finds_no_difference(home, abroad):
    for url, _, path in (home, abroad):
        result = command("check", path, "--rpc", url, "--json")
        assert (result.exit_code, json.loads(result.stdout)) == (0, {"differences": []})


def test_check_names_each_difference(home, tmp_path):
    url, _, path = home
    deployment = read(path)
    name, model = next(iter(deployment.models.items()))
    feed = deployment.contracts["RiskFeed"].model_copy(update={"code_hash": "0x" + "11" * 32})
    nothing = deployment.contracts["AccessManager"].model_copy(update={"address": "0x" + "22" * 20})
    asset = deployment.assets["ezETH"].model_copy(update={"exit_risk_feed": "0x" + "33" * 20})
    altered = deployment.model_copy(
        update={
            "contracts": {**deployment.contracts, "RiskFeed": feed, "AccessManager": nothing},
            "assets": {**deployment.assets, "ezETH": asset},
            "models": {name: model.model_copy(update={"circuit_id": "0x" + "44" * 32})},
        }
    )
    file = tmp_path / "altered.json"
    file.write_text(altered.to_json(), "utf-8")
    result = command("check", file, "--rpc", url)
    assert result.exit_code == 1
    for expected in ("RiskFeed at", "AccessManager at", "no code", "ezETH.exit_risk_feed", "circuit_id"):
        assert expected in result.stdout
    # the lending protocol reads another feed than the one that is recorded
    assert "ezETH.exit_risk_feed in SampleLendingProtocol" in result.stdout
    assert "5 differences" in result.stdout


def test_check_contract_that_is_no_access_manager_is_a_difference(home, tmp_path):
    url, _, path = home
    first = read(path)
    other = first.model_copy(update={"contracts": {**first.contracts, "AccessManager": first.contracts["RiskFeed"]}})
    file = tmp_path / "altered.json"
    file.write_text(other.to_json(), "utf-8")
    assert "does not answer as one" in command("check", file, "--rpc", url).stdout


def test_check_unregistered_version_is_a_difference(home, tmp_path):
    url, _, path = home
    deployment = read(path)
    name, model = next(iter(deployment.models.items()))
    altered = deployment.model_copy(update={"models": {name: model.model_copy(update={"version_id": 2})}})
    file = tmp_path / "altered.json"
    file.write_text(altered.to_json(), "utf-8")
    assert "1 versions only" in command("check", file, "--rpc", url).stdout


def test_check_other_chain_is_the_only_difference(home, abroad):
    result = command("check", home[2], "--rpc", abroad[0])
    assert result.exit_code == 1
    assert "chain_id: recorded 31337, on the chain 31338" in result.stdout
