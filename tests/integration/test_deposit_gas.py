"""Gas of deposit, exit and claim, as whole transactions, within the limits that docs/contracts.md names."""

import pytest

from tests.integration.deposit_gas import measured_deposit_gas

LIMITS = {
    "deposit_first": 105_000,
    "deposit_later": 74_000,
    "exit_one": 60_000,
    "exit_to_new_recipient": 95_000,
    "claim": 38_000,
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    return measured_deposit_gas(tmp_path_factory.mktemp("deposit-gas"))


@pytest.mark.parametrize(("name", "limit"), LIMITS.items())
def test_measured_deposit_gas_whole_transaction_within_its_limit(measured, name, limit):
    assert 21_000 < measured[name] <= limit


@pytest.mark.parametrize("name", ["deposit_first", "deposit_later", "exit_one", "claim"])
def test_measured_deposit_gas_warm_saves_only_what_cold_reads_cost(measured, name):
    """A slot costs 2,000 more when cold, and an account 2,500; each of these touches three to ten."""
    assert 3 * 2_000 <= measured[name] - measured[f"{name}_warm"] <= 10 * 2_500


def test_measured_deposit_gas_many_seasons_cost_a_search_not_a_walk(measured):
    """33 seasons lie between; each would cost a slot of 2,100 gas."""
    assert measured["deposit_after_32_seasons"] - measured["deposit_later"] < 11 * 2_600
