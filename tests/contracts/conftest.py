"""Real contracts on a real Anvil, which Ape starts; every test begins from the state that the fixtures made.

Contracts are deployed once a module: Ape takes the chain back to where the fixtures left it before each test.
"""

from pathlib import Path

import pytest
from ape_ethereum.trace import Trace
from eth_abi import encode
from eth_utils import keccak
from web3.exceptions import ContractCustomError

from tests.contracts.claim_fixtures import (  # noqa: F401 - fixtures
    authority,
    guardian,
    manager,
    merkle_open,
    points_open,
    reward,
    sponsor,
    stopped,
)
from veristake.contracts_tool.compile import compiled_project

PROJECT = Path(__file__).resolve().parents[2]
ONE = 10**18
NOBODY = "0x" + "00" * 20


@pytest.fixture(scope="session")
def project():
    """Ape's project, but compiled anew when an imported source has changed, which Ape itself does not see."""
    return compiled_project(PROJECT)


@pytest.fixture(scope="session", autouse=True)
def _quiet_refusals():
    """Ape prints the call tree of each refused call; over a suite of refusals that is a quarter of its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trace, "show", lambda *_, **__: None)
        yield


@pytest.fixture(scope="session")
def owner(accounts):
    """Owns OmronDeposit and the mocks."""
    return accounts[0]


@pytest.fixture(scope="session")
def restaker(accounts):
    """Deposits."""
    return accounts[1]


@pytest.fixture(scope="session")
def other_restaker(accounts):
    """Deposits as well."""
    return accounts[2]


@pytest.fixture(scope="session")
def claim_manager(accounts):
    """May claim for users once deposits have stopped."""
    return accounts[3]


@pytest.fixture(scope="session")
def stranger(accounts):
    """May do nothing that is not open to all."""
    return accounts[4]


@pytest.fixture(scope="session", autouse=True)
def _actors(owner, restaker, other_restaker, claim_manager, stranger):
    """Known before anything is deployed: Ape rebuilds what a module shares when it meets a wider fixture late."""


@pytest.fixture(scope="module")
def ezeth(owner, project):
    """A liquid restaking token."""
    return owner.deploy(project.MockLiquidRestakingToken, "Mock ezETH", "ezETH", ONE)


@pytest.fixture(scope="module")
def weth(owner, project):
    """Wrapped ether."""
    return owner.deploy(project.MockWrappedEther)


@pytest.fixture(scope="module")
def awkward(owner, project):
    """A token that keeps a fee, refuses, or calls back, as told."""
    return owner.deploy(project.MockAwkwardToken)


@pytest.fixture(scope="module")
def deposit(owner, project, ezeth, weth, awkward):
    """OmronDeposit with three tokens listed."""
    return owner.deploy(project.OmronDeposit, owner, [ezeth, weth, awkward])


@pytest.fixture(scope="module")
def funded(owner, deposit, ezeth, weth, awkward, restaker, other_restaker):
    """Both restakers hold a thousand of each token and have approved the deposit contract."""
    for token in (ezeth, weth, awkward):
        for holder in (restaker, other_restaker):
            token.mint(holder, 1000 * ONE, sender=owner)
            token.approve(deposit, 2**256 - 1, sender=holder)
    return deposit


@pytest.fixture
def call_refusal(chain):
    """Revert data of an `eth_call`, for what Ape's `reverts` does not see: views (with --gas) and list constructors."""

    def refusal(**transaction):
        with pytest.raises(ContractCustomError) as refused:
            chain.provider.web3.eth.call(transaction)
        return refused.value.data

    return refusal


def error_data(signature, *arguments):
    """Revert data of a custom error with address arguments."""
    return "0x" + (keccak(text=signature)[:4] + encode(["address"] * len(arguments), arguments)).hex()
