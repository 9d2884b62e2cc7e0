"""kill -9 around every write of the journal, on a real Anvil: the repeated run ends as an uninterrupted one does."""

import json
import os
import re
import signal

import pytest
from eth_utils import keccak

from statements.deployment import Deployment
from tests.deployment.support import DEPLOYER, PROJECT, anvil, command, read, write_plan
from veristake.contracts_tool import deploy, journal
from veristake.contracts_tool.plan import load_plan

SIGNED, WRITTEN, SENT, MINED = "signed, not written", "written, not sent", "sent, not written", "mined and written"


def deploy_and_die(plan, url, output, moment, steps=""):
    """Deploy in a process of its own, which is killed at the first such moment; whether it lived to the end.

    ``steps`` is a regular expression: the moments are those of the steps that it finds.
    """
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
        return not os.WIFSIGNALED(status)
    try:
        put = journal.Journal.put

        def dying_put(self, entry):
            kind = (SENT, MINED) if entry.mined else (SIGNED, WRITTEN)
            if not re.search(steps, entry.step):
                kind = (None, None)
            if moment == kind[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            put(self, entry)
            if moment == kind[1]:
                os.kill(os.getpid(), signal.SIGKILL)

        journal.Journal.put = dying_put
        deploy.deploy_to(load_plan(plan), url, PROJECT, output)
        os._exit(0)
    finally:
        os._exit(1)


def creations(web3):
    """Address of every contract that a transaction of the deployer made, and the number of its transactions."""
    made = []
    for number in range(1, web3.eth.block_number + 1):
        for transaction in web3.eth.get_block(number, full_transactions=True)["transactions"]:
            receipt = web3.eth.get_transaction_receipt(transaction["hash"])
            assert receipt["status"] == 1
            made.append((transaction["nonce"], transaction["to"], transaction["input"][:4].hex()))
    return made


def comparable(deployment: Deployment):
    """All but what follows from the time of day."""
    content = json.loads(deployment.to_json())
    for model in content["models"].values():
        del model["from_epoch"]
    return content


@pytest.fixture(scope="module")
def uninterrupted(circuit, canary, tmp_path_factory):
    """A deployment without a crash: (its record, the deployer's transactions)."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    plan = write_plan(folder, circuit, everything(canary))
    with anvil(31337) as (url, web3):
        result = command("deploy", "--plan", plan, "--rpc", url, "--output", folder / "out")
        assert result.exit_code == 0, result.stderr
        transactions = creations(web3)
        content = json.loads((folder / "out" / "31337.journal.json").read_text("utf-8"))
        assert content["complete"] is True
        assert [entry["nonce"] for entry in content["entries"]] == list(range(len(transactions)))
        yield read(folder / "out" / "31337.json"), transactions


def everything(canary):
    """Canary and adapters too; the deployer gives everything up: a second configuration would be refused."""
    return f'{named_roles()}\ncanary = "{canary.directory}"\nadapters = ["risk_oracle", "inference_verifier"]'


def named_roles():
    names = zip(("admin", "proposer", "guardian"), ("a1", "a2", "a3"), strict=True)
    roles = [f'{role} = "0x{digits * 20}"' for role, digits in names]
    return "\n".join([*roles, "deposits.claim_manager = true", "deposits.restake_gateway.mock = true"])


def test_deploy_killed_at_every_step_ends_like_an_uninterrupted_one(uninterrupted, circuit, canary, tmp_path):
    """The two moments at which journal and chain disagree; tests/soak has the other two as well."""
    check_killed_at_every_step(uninterrupted, circuit, canary, tmp_path, (WRITTEN, SENT))


def test_deploy_reusable_killed_at_its_own_steps_registers_and_deploys_once(circuit, reusable, tmp_path):
    """The verifier, its artefact's store and the registration; the other steps are those of any deployment."""
    plan, output = write_plan(tmp_path, reusable, f"{named_roles()}\nadapters = []"), tmp_path / "out"
    steps, moments, deaths = "EzklReusableVerifier|VkaStore|VKA", (WRITTEN, SENT), 0
    with anvil(31337) as (url, web3):
        while not deploy_and_die(plan, url, output, moments[deaths % len(moments)], steps):
            deaths += 1
        assert deaths == 3 * len(moments)
        entries = json.loads((output / "31337.journal.json").read_text("utf-8"))["entries"]
        assert len([entry for entry in entries if re.search(steps, entry["step"])]) == 3
        assert [entry["nonce"] for entry in entries] == list(range(web3.eth.get_transaction_count(DEPLOYER)))
        verifier = read(output / "31337.json").address("EzklReusableVerifier")
        topic = "0x" + keccak(text="VkaRegistered(address,bytes32,bytes32[])").hex()
        assert len(web3.eth.get_logs({"address": verifier, "topics": [topic], "fromBlock": 0})) == 1
        assert command("check", output / "31337.json", "--rpc", url).exit_code == 0


def check_killed_at_every_step(uninterrupted, circuit, canary, tmp_path, moments):
    """Every run dies at the next moment of its kind, so that each transaction sees all of them."""
    expected, transactions = uninterrupted
    plan, output = write_plan(tmp_path, circuit, everything(canary)), tmp_path / "out"
    deaths = 0
    with anvil(31337) as (url, web3):
        while not deploy_and_die(plan, url, output, moments[deaths % len(moments)]):
            deaths += 1
            assert not (output / "31337.json").exists()
            assert deaths <= len(moments) * len(transactions)
        assert deaths == len(moments) * len(transactions)
        assert creations(web3) == transactions
        assert web3.eth.get_transaction_count(DEPLOYER) == len(transactions)
        assert comparable(read(output / "31337.json")) == comparable(expected)
        assert command("check", output / "31337.json", "--rpc", url).exit_code == 0


def test_deploy_other_plan_while_one_has_not_ended_is_refused(circuit, tmp_path):
    plan, output = write_plan(tmp_path, circuit), tmp_path / "out"
    with anvil(31337) as (url, web3):
        assert not deploy_and_die(plan, url, output, MINED)
        other = write_plan(tmp_path / "other", circuit, "maximum_age = 10800")
        result = command("deploy", "--plan", other, "--rpc", url, "--output", output)
        assert result.exit_code == 2
        assert "has not ended, with another plan" in result.stderr
        assert web3.eth.get_transaction_count(DEPLOYER) == 1


def test_deploy_unfinished_journal_of_a_node_that_is_gone_is_put_away(circuit, tmp_path):
    plan, output = write_plan(tmp_path, circuit), tmp_path / "out"
    with anvil(31337) as (url, _):
        assert not deploy_and_die(plan, url, output, MINED)
    with anvil(31337) as (url, _):
        other = write_plan(tmp_path / "other", circuit, "maximum_age = 10800")
        assert command("deploy", "--plan", other, "--rpc", url, "--output", output).exit_code == 0


def test_deploy_after_a_reorganisation_sends_again_what_was_dropped(circuit, tmp_path):
    """The journal says mined; the chain has forgotten: the same signed transactions, the same nonces."""
    plan, output = write_plan(tmp_path, circuit), tmp_path / "out"
    with anvil(31337) as (url, web3):
        deploy_and_die(plan, url, output, MINED)
        deploy_and_die(plan, url, output, MINED)
        deploy_and_die(plan, url, output, MINED)
        web3.provider.make_request("anvil_reorg", [2, []])
        assert web3.eth.get_transaction_count(DEPLOYER) == 1
        assert command("deploy", "--plan", plan, "--rpc", url, "--output", output).exit_code == 0
        content = json.loads((output / "31337.journal.json").read_text("utf-8"))
        assert [entry["nonce"] for entry in content["entries"]] == list(range(len(content["entries"])))
        assert web3.eth.get_transaction_count(DEPLOYER) == len(content["entries"])


def test_deploy_nonce_taken_by_another_transaction_starts_that_step_anew(circuit, tmp_path):
    """The owner of the key sent something else meanwhile: a mock's address follows from the nonce that it got."""
    plan, output = write_plan(tmp_path, circuit), tmp_path / "out"
    with anvil(31337) as (url, web3):
        deploy_and_die(plan, url, output, MINED)
        deploy_and_die(plan, url, output, WRITTEN)
        web3.eth.wait_for_transaction_receipt(web3.eth.send_transaction({"from": DEPLOYER, "to": DEPLOYER, "value": 1}))
        assert command("deploy", "--plan", plan, "--rpc", url, "--output", output).exit_code == 0
        entries = json.loads((output / "31337.journal.json").read_text("utf-8"))["entries"]
        assert sorted(entry["nonce"] for entry in entries) == [0, *range(2, len(entries) + 1)]
