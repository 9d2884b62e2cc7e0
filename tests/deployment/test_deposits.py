"""Deposits as deployed, on a real Anvil: what is recorded, what `contracts check` names, and a restaker's whole way."""

import json

import pytest

from statements.errors import ConfigurationError
from tests.deployment import support
from tests.deployment.support import (
    DEPLOYER,
    OTHER,
    PROJECT,
    anvil,
    command,
    contract,
    found,
    pass_time,
    read,
    snapshot_of,
    transact,
    write_plan,
)
from veristake.contracts_tool.deposit_plan import NO_CAP, RENZO_RESTAKE_MANAGERS
from veristake.contracts_tool.deposit_step import check_deposits
from veristake.contracts_tool.plan import load_plan

ONE = 10**18
DAY = 24 * 3600
RESTAKER, STRANGER = OTHER, "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
DEPOSITS = f"""
guardian = "{STRANGER}"
deposits.claim_manager = true
deposits.season_multiplier = 15000
deposits.restake_gateway.mock = true
deposits.tokens.ezETH.weight = 20000
deposits.tokens.ezETH.total_cap = "{10**24}"
"""


@pytest.fixture(scope="module")
def deployed(circuit, tmp_path_factory):
    """A deployment with everything around deposits, its deployer still admin: (URL, web3, file)."""
    folder = tmp_path_factory.mktemp("deposits")
    plan = write_plan(folder, circuit, DEPOSITS)
    with anvil(31337) as (url, web3):
        result = command("deploy", "--plan", plan, "--rpc", url, "--output", folder)
        assert result.exit_code == 0, result.stderr
        yield url, web3, folder / "31337.json"


@pytest.fixture
def chain(deployed):
    """The deployment; the chain is as it was afterwards."""
    with snapshot_of(deployed[1]):
        yield deployed


def execute(chain, name, method, *arguments):
    """The admin acts through AccessManager.execute."""
    _, web3, path = chain
    support.execute(web3, read(path), name, method, *arguments)


def token_of(chain):
    return read(chain[2]).assets["ezETH"].token


def test_deploy_records_how_deposits_count(chain):
    assert found(chain) == {}
    _, web3, path = chain
    deployment = read(path)
    deposit = contract(web3, deployment, "OmronDeposit").functions
    assert deposit.owner().call() == deployment.address("AccessManager")
    assert deposit.claimManager().call() == deployment.address("ClaimManager")
    assert deposit.claimManagerDelay().call() == 7 * DAY
    assert deposit.tokenTerms(token_of(chain)).call() == (True, 20_000, 18, 10**24, NO_CAP)
    assert deposit.season().call()[:2] == [1, 15_000]
    gateway = contract(web3, deployment, "RestakeGateway").functions
    assert gateway.EZETH().call() == token_of(chain)
    assert gateway.RESTAKE_MANAGER().call() == deployment.address("MockRenzoRestakeManager:ezETH")


def test_deploy_lists_no_token_before_the_delay_is_raised(chain):
    """All in one transaction, and in that order within it."""
    _, web3, path = chain
    deposit = contract(web3, read(path), "OmronDeposit")
    events = ("ClaimManagerSet", "ClaimManagerDelayRaised", "SeasonStarted", "WhitelistedTokenAdded")
    logs = [log for name in events for log in deposit.events[name]().get_logs(from_block=0)]
    assert len({log["transactionHash"] for log in logs}) == 1
    assert [log["event"] for log in sorted(logs, key=lambda log: log["logIndex"])] == list(events)


@pytest.mark.parametrize(
    ("method", "arguments", "what", "pair"),
    [
        ("setDepositCaps", ("token", 5, 4), "total_cap of token {} of OmronDeposit", (str(10**24), "5")),
        ("setDepositCaps", ("token", 10**24, 4), "deposit_cap of token {} of OmronDeposit", (str(NO_CAP), "4")),
        ("removeWhitelistedToken", ("token",), "token {} of OmronDeposit", ("listed", "not listed")),
        ("addWhitelistedToken", (STRANGER,), f"token {STRANGER} of OmronDeposit", ("not listed", "listed")),
        ("startSeason", (15_000,), "OmronDeposit season", ("1", "2")),
        ("startSeason", (1,), "OmronDeposit season multiplier", ("15000", "1")),
        ("raiseClaimManagerDelay", (8 * DAY,), "OmronDeposit.claimManagerDelay", (str(7 * DAY), str(8 * DAY))),
        ("transferOwnership", (STRANGER,), "OmronDeposit.pendingOwner", ("0x" + "00" * 20, STRANGER)),
    ],
)
def test_check_changed_deposits_are_named(chain, method, arguments, what, pair):
    token = token_of(chain)
    execute(chain, "OmronDeposit", method, *(token if each == "token" else each for each in arguments))
    assert found(chain)[what.format(token)] == pair


def test_check_announced_claim_manager_is_named_until_it_is_accepted_and_then_as_such(chain):
    _, web3, path = chain
    execute(chain, "OmronDeposit", "setClaimManager", STRANGER)
    ((what, (_, live)),) = found(chain).items()
    assert what == "OmronDeposit announced claim manager"
    assert live.startswith(f"{STRANGER} from ")
    pass_time(web3, 7 * DAY)
    execute(chain, "OmronDeposit", "acceptClaimManager")
    assert found(chain) == {"OmronDeposit.claimManager": (read(path).address("ClaimManager"), STRANGER)}


def test_check_another_owner_is_named(chain):
    _, web3, path = chain
    execute(chain, "OmronDeposit", "transferOwnership", STRANGER)
    transact(web3, contract(web3, read(path), "OmronDeposit").functions.acceptOwnership(), STRANGER)
    assert found(chain) == {"OmronDeposit.owner": (read(path).address("AccessManager"), STRANGER)}


@pytest.mark.parametrize("field", ["weight", "decimals"])
def test_check_record_of_another_weight_is_named(chain, field):
    url, web3, path = chain
    record = json.loads(path.read_text("utf-8"))
    terms = record["deposits"]["tokens"][token_of(chain)]
    live, terms[field] = str(terms[field]), 7
    altered = path.with_name("altered.json")
    altered.write_text(json.dumps(record), "utf-8")
    assert found((url, web3, altered)) == {f"{field} of token {token_of(chain)} of OmronDeposit": ("7", live)}


def test_restaker_from_ether_to_tokens_and_reward_by_a_strangers_transaction(chain):
    """ETH in through the gateway, a month of points, the stop, its notice, and everything back without the restaker."""
    _, web3, path = chain
    deployment = read(path)
    deposit = contract(web3, deployment, "OmronDeposit").functions
    manager = contract(web3, deployment, "ClaimManager")
    token = web3.eth.contract(token_of(chain), abi=contract(web3, deployment, "OmronDeposit").abi)
    gateway = contract(web3, deployment, "RestakeGateway").functions
    web3.provider.make_request("anvil_impersonateAccount", [RESTAKER])
    far = web3.eth.get_block("latest")["timestamp"] + DAY
    sent = gateway.restake(9 * ONE // 10, far, 0).transact({"from": RESTAKER, "value": ONE})
    assert web3.eth.wait_for_transaction_receipt(sent)["status"] == 1
    credited = deposit.tokenBalance(RESTAKER, token.address).call()
    assert credited == ONE
    pass_time(web3, 30 * DAY)
    execute(chain, "OmronDeposit", "stopDeposits")
    points = deposit.calculatePoints(RESTAKER).call()
    # two points per unit and hour by weight, half as much again by season
    assert points >= 30 * 24 * 3 * credited

    reward, amount = erc20(web3, token_of(chain)), 1000 * ONE
    stop = deposit.depositStopTime().call()
    terms = (reward.address, amount, stop + 7 * DAY, 30 * DAY, ONE // 10, points)
    execute(chain, "ClaimManager", "announcePoints", *terms)
    transact(web3, reward.functions.approve(manager.address, amount))
    transact(web3, manager.functions.fund(1, amount))
    pass_time(web3, 7 * DAY)
    before = reward.functions.balanceOf(STRANGER).call()
    transact(web3, manager.functions.exitAndClaimPoints(1, RESTAKER), STRANGER)
    assert reward.functions.balanceOf(RESTAKER).call() == credited + points // 10
    assert reward.functions.balanceOf(STRANGER).call() == before
    assert deposit.calculatePoints(RESTAKER).call() == deposit.tokenBalance(RESTAKER, token.address).call() == 0


def erc20(web3, address):
    """Three functions of a token."""
    word, account = {"type": "uint256", "name": ""}, {"type": "address", "name": "a"}
    functions = {"balanceOf": [account], "approve": [account, {"type": "uint256", "name": "b"}]}
    abi = [
        {"type": "function", "name": name, "inputs": inputs, "outputs": [word], "stateMutability": "nonpayable"}
        for name, inputs in functions.items()
    ]
    return web3.eth.contract(address, abi=abi)


# -------------------------------------------------- refused before the first transaction


def plan_with(tmp_path, more):
    """The example plan of the home chain, with other deposits."""
    text = (PROJECT / "scripts" / "plans" / "local_home.toml").read_text("utf-8")
    path = tmp_path / "plan.toml"
    path.write_text(more + "\n" + text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("more", "local", "words"),
    [
        ("claim_manager_delay = 604799", False, "claim_manager_delay is 604799 s"),
        ("deposits.restake_gateway.mock = true", False, "is a mock; chain 31337 is not local"),
        ("deposits.restake_gateway = { mock = true, asset = 'wETH' }", True, "would have to mint wETH"),
        ("deposits.restake_gateway.asset = 'ezETH'", True, "Renzo's on chain 31337 is not known"),
        ("deposits.tokens.ezETH.decimals = 6", True, "decimals is 6, the token says 18"),
    ],
)
def test_check_deposits_refuses_what_cannot_be_undone(tmp_path, more, local, words):
    plan = load_plan(plan_with(tmp_path, more))
    with pytest.raises(ConfigurationError, match=words):
        check_deposits(plan, None, local=local)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("deposits.tokens.other.weight = 1", "names other, which is no asset"),
        ("deposits.tokens.ezETH.weight = 0", "weight"),
        ("deposits.season_multiplier = 100001", "season_multiplier"),
        (f"deposits.restake_gateway = {{ mock = true, restake_manager = '{DEPLOYER}' }}", "either mock or"),
    ],
)
def test_load_plan_wrong_deposits_are_named(tmp_path, more, words):
    with pytest.raises(ConfigurationError, match=words):
        load_plan(plan_with(tmp_path, more))


def test_ethereum_plan_goes_through_renzos_contract():
    plan = load_plan(PROJECT / "scripts" / "plans" / "ethereum_home.toml")
    assert plan.deposits.restake_gateway.restake_manager == RENZO_RESTAKE_MANAGERS[plan.chain_id]
    check_deposits(plan, None, local=False)
