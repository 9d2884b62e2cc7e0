"""A connection to one chain through Ape, and the account that sends transactions there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from statements.errors import ChainError, ConfigurationError
from veristake.contracts_tool.plan import AccountPlan

if TYPE_CHECKING:
    from ape.api import AccountAPI, ProviderAPI
    from ape.managers.project import LocalProject
    from web3 import Web3

Contract = Any
"""A deployed contract; Ape makes its methods at run time, from the ABI."""
Progress = Callable[[str], None]


def quiet_ape() -> None:
    """Let Ape report warnings only: this package tells of its own steps."""
    from ape.logging import LogLevel, logger

    logger.set_level(LogLevel.WARNING)


@contextmanager
def connected(rpc_url: str) -> Iterator[ProviderAPI]:
    """Ape connected to a node.

    Raises:
        ChainError: nobody answers at ``rpc_url``.
    """
    import ape
    from ape.exceptions import NetworkError, ProviderError

    quiet_ape()

    try:
        context = ape.networks.parse_network_choice(rpc_url, disconnect_after=True)
        provider = context.__enter__()
    except (NetworkError, ProviderError, ConnectionError, OSError) as error:
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ChainError(
            f"rpc {rpc_url} does not answer: {first_line}", remedy="Start the node, or correct the URL"
        ) from error
    try:
        yield provider
    finally:
        context.__exit__(None, None, None)


def open_account(plan: AccountPlan) -> AccountAPI:
    """The account that deploys.

    Raises:
        ConfigurationError: a file is missing, or the password does not open the keystore.
    """
    import ape

    if plan.test_index is not None:
        return ape.accounts.test_accounts[plan.test_index]
    return _keystore_account(plan)


def _keystore_account(plan: AccountPlan) -> AccountAPI:
    from ape_accounts.accounts import ApeSigner
    from eth_account import Account

    if plan.keystore is None or plan.password_file is None:
        raise ConfigurationError("account names neither test_index nor keystore")
    try:
        password = (plan.password_file.read_text("utf-8").splitlines() or [""])[0]
        keystore = json.loads(plan.keystore.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"account file {error.filename} cannot be read", remedy="Correct account.keystore and account.password_file"
        ) from error
    except ValueError as error:
        raise ConfigurationError(f"account.keystore {plan.keystore} is not JSON") from error
    try:
        key = Account.decrypt(keystore, password)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"account.keystore {plan.keystore} does not open",
            remedy=f"Check that {plan.password_file} holds its password",
        ) from error
    return ApeSigner(private_key="0x" + bytes(key).hex())


@dataclass(frozen=True)
class Deployer:
    """Creates contracts of a compiled project from one account.

    Attributes:
        project: compiled project.
        account: sender.
        web3: connection to the chain.
        progress: told of each step.
    """

    project: LocalProject
    account: AccountAPI
    web3: Web3
    progress: Progress

    def now(self) -> int:
        """The chain's time: that of its latest block, Unix seconds."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def create(self, name: str, *arguments: Any) -> Contract:
        """Deploy a contract.

        Args:
            name: contract in the project.
            arguments: of its constructor.

        Raises:
            ChainError: the transaction reverted or could not be sent.
        """
        self.progress(f"deploying {name}")
        container = self.project.contracts.get(name, check_for_changes=False)
        if container is None:
            raise ConfigurationError(f"contract {name} is not compiled", remedy="See: veristake contracts compile")
        with _chain_errors(f"deploying {name}"):
            return self.account.deploy(container, *arguments)

    def send(self, what: str, method: Any, *arguments: Any) -> None:
        """Call a method in a transaction.

        Args:
            what: words for the person who waits.
            method: bound method of a contract.
            arguments: of the method.

        Raises:
            ChainError: the transaction reverted or could not be sent.
        """
        self.progress(what)
        with _chain_errors(what):
            method(*arguments, sender=self.account)


@contextmanager
def _chain_errors(what: str) -> Iterator[None]:
    from ape.exceptions import ApeException

    try:
        yield
    except ApeException as error:
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ChainError(f"{what} failed: {first_line}", remedy="Nothing was recorded; deploy anew") from error
