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
        ("test_index = 0", "", "field account: Value error, give one of test_index, alias and keystore"),
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
