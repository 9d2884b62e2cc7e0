"""Deployments and errors."""

import pytest

from statements.abi import load_abi
from statements.errors import ConfigurationError, VeristakeError
from tests.unit.statements.examples import DEPLOYMENT, TOKEN


def test_address_known_contract_is_given() -> None:
    assert DEPLOYMENT.address("RiskFeed") == TOKEN


def test_address_unknown_contract_raises() -> None:
    with pytest.raises(KeyError, match="OmronDeposit"):
        DEPLOYMENT.address("OmronDeposit")


def test_is_home_second_chain_is_not() -> None:
    assert not DEPLOYMENT.is_home


def test_load_abi_exported_contract_has_its_functions() -> None:
    assert "submit" in {entry.get("name") for entry in load_abi("RiskFeed")}


def test_load_abi_unknown_contract_raises() -> None:
    with pytest.raises(FileNotFoundError):
        load_abi("Nothing")


def test_error_text_holds_message_and_remedy() -> None:
    assert str(ConfigurationError("port = 0 is taken", remedy="Choose another")) == "port = 0 is taken. Choose another"
    assert str(VeristakeError("broken")) == "broken"
