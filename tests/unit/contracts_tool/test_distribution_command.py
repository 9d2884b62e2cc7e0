"""Lists of rewards: what a distributor gives in, what users claim with, and what is refused."""

import json

import pytest
from click.testing import CliRunner
from eth_utils import to_checksum_address

from statements.errors import ConfigurationError
from veristake.cli import cli
from veristake.contracts_tool.distribution_amounts import read_amounts
from veristake.contracts_tool.merkle_distribution import merkle_distribution

MANAGER = "0xCcCCccCCcCCcccCCcCCccCCcCCCCcCcccCCcCccC".lower()
PAYER = to_checksum_address(MANAGER)
FIRST, SECOND = "0x" + "11" * 20, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
TYPED = ["--chain-id", "1", "--claim-manager", MANAGER, "--distribution", "7"]
ROWS = f"address,amount\n{FIRST},7\n\n{SECOND.lower()},{11 * 10**18}\n"


def run(*arguments):
    return CliRunner().invoke(cli, ["contracts", "distribution", *map(str, arguments)])


@pytest.fixture
def amounts(tmp_path):
    path = tmp_path / "amounts.csv"
    path.write_text(ROWS)
    return path


@pytest.fixture
def proofs(amounts, tmp_path):
    path = tmp_path / "proofs.json"
    assert run("build", amounts, *TYPED, "--output", path, "--json").exit_code == 0
    return path


def changed(path, change):
    listed = json.loads(path.read_text())
    change(listed)
    path.write_text(json.dumps(listed))


def test_build_json_says_root_and_total_and_writes_the_proofs(amounts, tmp_path):
    path = tmp_path / "proofs.json"
    done = run("build", amounts, *TYPED, "--output", path, "--json")
    right = merkle_distribution(1, MANAGER, 7, {FIRST: 7, SECOND: 11 * 10**18})
    assert json.loads(done.stdout) == {
        "root": "0x" + right.root.hex(),
        "total": str(11 * 10**18 + 7),
        "users": 2,
        "file": str(path),
    }
    written = json.loads(path.read_text())["claims"]
    assert [(claim["user"], claim["amount"]) for claim in written] == [(FIRST, "7"), (SECOND, str(11 * 10**18))]
    assert [claim["proof"] for claim in written] == [["0x" + node.hex() for node in p] for p in right.proofs.values()]


def test_check_of_what_was_built_shows_the_users_proof(proofs):
    root = json.loads(proofs.read_text())["root"]
    done = run("check", proofs, "--root", root, "--user", SECOND.lower(), "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["claim"] == json.loads(proofs.read_text())["claims"][1]


def test_both_without_json_say_the_root(amounts, tmp_path):
    path = tmp_path / "proofs.json"
    built, root = run("build", amounts, *TYPED, "--output", path), json.loads(path.read_text())["root"]
    assert root in built.stdout
    assert root in run("check", path, "--user", FIRST).stdout


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (f"{FIRST.replace('0x', '0X')},1", "line 4: address"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed,1", "line 4: address .*fails its EIP-55 checksum"),
        ("0x" + "00" * 20 + ",1", "line 4: address .*zero address"),
        (f"{FIRST},1", "line 4: address 0x1111.* is on line 2 already"),
        (f"{SECOND.upper().replace('0X', '0x')},1", "line 4: .* is on line 3 already"),
        (f"{MANAGER},1", "line 4: address 0x.*is the ClaimManager itself"),
        (f"{MANAGER},0", "line 4: amount 0 is not from 1"),
        (f"{MANAGER},-1", "line 4: amount -1 is not from 1"),
        (f"{MANAGER},{1 << 256}", "line 4: amount 1157"),
        (f"{MANAGER},1.5", "line 4: amount '1.5': .*not a decimal integer"),
        (f"{MANAGER},1e18", "line 4: amount"),
        (f"{MANAGER},", "line 4: amount"),
        (MANAGER, "line 4: 1 columns"),
        (f"{MANAGER},1,2", "line 4: 3 columns"),
    ],
)
def test_read_amounts_row_that_is_wrong_is_named(tmp_path, row, told):
    path = tmp_path / "amounts.csv"
    path.write_text(f"address,amount\n{FIRST},7\n{SECOND},8\n{row}\n")
    with pytest.raises(ConfigurationError, match=told):
        read_amounts(path, PAYER)


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "line 1"), (f"{FIRST},7\n", "line 1"), ("address,amount\n", "nobody"), ('address,amount\n"', "not CSV")],
)
def test_read_amounts_file_that_is_no_list_is_refused(tmp_path, text, told):
    path = tmp_path / "amounts.csv"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=told):
        read_amounts(path, PAYER)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_amounts(tmp_path / "other.csv", PAYER)


def test_build_what_is_refused_writes_nothing(tmp_path):
    path, output = tmp_path / "amounts.csv", tmp_path / "proofs.json"
    path.write_text(f"address,amount\n{FIRST},{(1 << 256) - 1}\n{SECOND},1\n")
    refused = run("build", path, *TYPED, "--output", output)
    assert isinstance(refused.exception, ConfigurationError) or refused.exit_code == 2
    path.write_text(f"{ROWS}{MANAGER},1\n")
    itself = run("build", path, *TYPED, "--output", output)
    assert itself.exit_code != 0
    assert "line 5" in str(itself.exception) + itself.output
    path.write_text(ROWS)
    wrong_manager = [*TYPED[:3], MANAGER[:-1], *TYPED[4:]]
    assert run("build", path, *wrong_manager, "--output", output).exit_code != 0
    assert not output.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda listed: listed["claims"][0].update(amount="8"),
        lambda listed: listed["claims"][0].update(user=MANAGER),
        lambda listed: listed["claims"][0].update(proof=[]),
        lambda listed: listed["claims"][1].update(proof=["0x" + "00" * 32]),
        lambda listed: listed["claims"].append(listed["claims"][0]),
        lambda listed: listed["claims"].pop(),
        lambda listed: listed.update(total="1"),
        lambda listed: listed.update(root="0x" + "00" * 32),
        lambda listed: listed.update(chain_id=2),
        lambda listed: listed.update(claim_manager=FIRST),
        lambda listed: listed.update(distribution=8),
        lambda listed: listed.update(more=1),
    ],
)
def test_check_of_a_changed_file_fails(proofs, change):
    changed(proofs, change)
    assert run("check", proofs).exit_code != 0


def test_check_of_another_root_or_user_fails(proofs, tmp_path):
    assert run("check", proofs, "--root", "0x" + "00" * 32).exit_code != 0
    assert run("check", proofs, "--user", MANAGER).exit_code != 0
    assert run("check", tmp_path / "none.json").exit_code != 0
    proofs.write_text("{")
    assert run("check", proofs).exit_code != 0
