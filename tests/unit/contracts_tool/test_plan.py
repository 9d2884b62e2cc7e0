"""Plans from TOML."""

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from statements.errors import ConfigurationError
from veristake.contracts_tool.plan import AbroadPlan, HomePlan, load_plan

PLANS = Path(__file__).resolve().parents[3] / "scripts" / "plans"
ATTESTER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def test_load_plan_home_example_has_three_assets():
    plan = load_plan(PLANS / "local_home.toml")
    assert isinstance(plan, HomePlan)
    assert list(plan.assets) == ["ezETH", "weETH", "wETH"]
    assert plan.assets["wETH"].mock.initial_rate == 10**18
    assert plan.claim_manager_delay == 7 * 24 * 3600


def test_load_plan_abroad_example_has_one_attester():
    plan = load_plan(PLANS / "local_abroad.toml")
    assert isinstance(plan, AbroadPlan)
    assert (plan.attesters, plan.threshold) == ((ATTESTER,), 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "home"', 'kind = "elsewhere"', "kind"),
        ("chain_id = 31337", "", "field chain_id: Field required"),
        ("chain_id = 31337", "chain_id = 31337\nsurprise = 1", "field surprise"),
        ("epoch_length = 3600", "epoch_length = 600", "field epoch_length"),
        ("epoch_length = 3600", "epoch_length = 7300", "maximum_age 7200 is less than epoch_length 7300"),
        ("maximum_age = 7200", "maximum_age = 4000000", "field maximum_age"),
        ("test_index = 0", "", "field account: give one of test_index, alias and keystore"),
        ("test_index = 0", 'keystore = "k"', "give either password_file or password_variable"),
        ("[assets.ezETH.mock]", "[assets.other.mock]", "assets.ezETH"),
        ('price = "1024000000000000000"', 'price = "1.02"', "field assets.ezETH.mock.price"),
        ("chain_id = 31337", "chain_id = ", "is not TOML"),
    ],
)
def test_load_plan_wrong_field_is_named(tmp_path, old, new, words):
    text = (PLANS / "local_home.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / "plan.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigurationError) as refusal:
        load_plan(path)
    assert words in str(refusal.value)


ZERO = "0x" + "00" * 20
REAL = "0x" + "11" * 20
EXISTING = '[assets.x.existing]\ntoken = "{}"\nrate_provider = "{}"\nprice_feed = "{}"'


@pytest.mark.parametrize(
    ("more", "field", "value", "words"),
    [
        ("chain_id = 'ten'", "chain_id", "'ten'", "valid integer"),
        ("chain_id = 0", "chain_id", "0", "greater than 0"),
        ("circuit = 5", "circuit", "5", "path"),
        ("canary = 5", "canary", "5", "path"),
        ('adapters = ["oracle"]', "adapters.0", "'oracle'", "'risk_oracle' or 'inference_verifier'"),
        ("salt = ''", "salt", "''", "at least 1 character"),
        ("maximum_age = 600", "maximum_age", "600", "greater than 600"),
        ("activation_delay = -1", "activation_delay", "-1", "greater than or equal to 0"),
        (f"activation_delay = {1 << 32}", "activation_delay", str(1 << 32), "less than"),
        ('admin = "0x1234"', "admin", "'0x1234'", "is not an address"),
        (f'admin = "{ATTESTER.swapcase().replace("X", "x")}"', "admin", "0x", "EIP-55 checksum"),
        (f'admin = "{ZERO}"', "admin", ZERO, "zero address"),
        (f'proposer = "{ZERO}"', "proposer", ZERO, "zero address"),
        (f'guardian = "{ZERO}"', "guardian", ZERO, "zero address"),
        (f'sequencer_feed = "{ZERO}"', "sequencer_feed", ZERO, "zero address"),
        ("admin_delay = 1.5", "admin_delay", "1.5", "integer"),
        ("grant_delay = 'a day'", "grant_delay", "'a day'", "integer"),
        ("base_loan_to_value_bps = 9999", "base_loan_to_value_bps", "9999", "9500"),
        ("epoch_length = 600", "epoch_length", "600", "greater than 600"),
        ("config_delay_epochs = 0", "config_delay_epochs", "0", "greater than or equal to 1"),
        ("claim_manager_delay = 0", "claim_manager_delay", "0", "greater than 0"),
        ("[features]\nflow_factor = 0", "features.flow_factor", "0", "greater than 0"),
        ("[transactions]\nmax_gas_price_gwei = 0", "transactions.max_gas_price_gwei", "0", "greater than 0"),
        ("[transactions]\ntimeout = 0", "transactions.timeout", "0", "greater than 0"),
        ("[transactions]\nconfirmations = 2000", "transactions.confirmations", "2000", "1000"),
        ("[account]\ntest_index = -1", "account.test_index", "-1", "greater than or equal to 0"),
        ("[account]\nalias = '../key'", "account.alias", "'../key'", "pattern"),
        ("[assets.x]\nheartbeat = 604801", "assets.x.heartbeat", "604801", "604800"),
        ("[assets.x]\nheartbeat = 1\n" + EXISTING.format(ZERO, REAL, REAL), "token", ZERO, "zero address"),
        ("[assets.x]\nheartbeat = 1\n" + EXISTING.format(REAL, ZERO, REAL), "rate_provider", ZERO, "zero address"),
        ("[assets.x]\nheartbeat = 1\n" + EXISTING.format(REAL, REAL, ZERO), "price_feed", ZERO, "zero address"),
        ("[assets.x]\nheartbeat = 1\n" + EXISTING.format(REAL, REAL, "0x1"), "price_feed", "'0x1'", "not an address"),
    ],
)
def test_load_plan_each_wrong_field_is_named_with_its_value_and_a_remedy(tmp_path, more, field, value, words):
    """The example, with one table or field in place of its own."""
    fields = tomllib.loads((PLANS / "local_home.toml").read_text("utf-8"))
    for key in tomllib.loads(more):
        fields.pop(key, None)
    path = tmp_path / "plan.toml"
    text = [more] + [_toml(key, fields[key]) for key in fields if key not in ("account", "assets")]
    tables = [_toml(key, fields[key]) for key in ("account", "assets") if key in fields]
    path.write_text("\n".join([*reversed(text), *tables] if more.startswith("[") else [*text, *tables]), "utf-8")
    with pytest.raises(ConfigurationError) as refusal:
        load_plan(path)
    for word in (str(path), f"field {field}" if "." in field else field, value, words):
        assert word in refusal.value.message
    assert "docs/deploy.md" in refusal.value.remedy


def _toml(key, value):
    """A line or tables; the example has nothing but texts, integers and tables."""
    if not isinstance(value, dict):
        return f"{key} = {value!r}"
    lines = [f"[{key}]", *(f"{name} = {each!r}" for name, each in value.items() if not isinstance(each, dict))]
    return "\n".join(
        [*lines, *(_toml(f"{key}.{name}", each) for name, each in value.items() if isinstance(each, dict))]
    )


def test_load_plan_one_token_under_two_symbols_is_refused(tmp_path):
    """OmronDeposit would revert, at the last transaction."""
    fields = tomllib.loads((PLANS / "local_home.toml").read_text("utf-8"))
    asset = {"heartbeat": 1, "existing": {"token": REAL, "rate_provider": REAL, "price_feed": REAL}}
    path = tmp_path / "plan.toml"
    fields["assets"] = {"a": asset, "b": asset}
    path.write_text("\n".join(_toml(key, value) for key, value in fields.items()), "utf-8")
    with pytest.raises(ConfigurationError, match=f"assets a and b are one token, {REAL}"):
        load_plan(path)


@pytest.mark.parametrize(("content", "words"), [(b"\xff", "is not TOML"), (None, "cannot be read")])
def test_load_plan_unreadable_file_is_named(tmp_path, content, words):
    path = tmp_path / "plan.toml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        load_plan(path)


def test_load_plan_unreachable_threshold_is_refused(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text((PLANS / "local_abroad.toml").read_text("utf-8").replace("threshold = 1", "threshold = 2"), "utf-8")
    with pytest.raises(ConfigurationError, match="threshold 2 exceeds the 1 attesters"):
        load_plan(path)


@pytest.mark.parametrize(
    ("attesters", "threshold", "words"),
    [
        ([ATTESTER, ATTESTER], 2, "an attester is named twice"),
        ([ATTESTER, ATTESTER.lower()], 2, "an attester is named twice"),
        ([ATTESTER, "0x" + "11" * 20], 1, "threshold 1 is not more than half of the 2 attesters"),
    ],
)
def test_abroad_plan_no_majority_of_distinct_attesters_is_refused(attesters, threshold, words):
    fields = tomllib.loads((PLANS / "local_abroad.toml").read_text("utf-8"))
    with pytest.raises(ValidationError, match=words):
        AbroadPlan.model_validate({**fields, "attesters": attesters, "threshold": threshold})


def test_load_plan_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="is missing"):
        load_plan(tmp_path / "none.toml")
