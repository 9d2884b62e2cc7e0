"""A ClaimManager over OmronDeposit, from users' deposits to the open window of a distribution."""

import pytest

from veristake.contracts_tool.merkle_distribution import merkle_distribution

ONE = 10**18
DAY = 24 * 3600
WINDOW = 30 * DAY
RATE = ONE // 1000
"""A thousandth of a reward token for the points of one token in one hour."""
POOL = 1_000_000 * ONE


@pytest.fixture(scope="session")
def guardian(accounts):
    """May end a distribution."""
    return accounts[5]


@pytest.fixture(scope="session")
def sponsor(accounts):
    """Pays for rewards."""
    return accounts[6]


@pytest.fixture(scope="module")
def authority(owner, project, guardian):
    """AccessManager: the owner is admin."""
    authority = owner.deploy(project.Authority, owner)
    authority.grantRole(2, guardian, 0, sender=owner)
    return authority


@pytest.fixture(scope="module")
def reward(owner, project, sponsor):
    """The token that is given out; it can be told to misbehave."""
    token = owner.deploy(project.MockAwkwardToken)
    token.mint(sponsor, 10 * POOL, sender=owner)
    return token


@pytest.fixture(scope="module")
def manager(owner, project, authority, funded, reward, sponsor):
    """OmronDeposit's claim manager."""
    manager = owner.deploy(project.ClaimManager, authority, funded)
    funded.setClaimManager(manager, sender=owner)
    reward.approve(manager, 2**256 - 1, sender=sponsor)
    return manager


@pytest.fixture
def stopped(manager, funded, ezeth, weth, awkward, restaker, other_restaker, owner, chain):
    """Both restakers have deposited, a day has passed, deposits have stopped."""
    for token, amount in ((ezeth, 3 * ONE), (weth, 2 * ONE), (awkward, ONE)):
        funded.deposit(token, amount, sender=restaker)
    funded.deposit(ezeth, 5 * ONE, sender=other_restaker)
    chain.pending_timestamp += DAY
    funded.stopDeposits(sender=owner)
    return manager


def now(chain):
    return chain.blocks.head.timestamp


def at(chain, timestamp):
    """The next block's time."""
    chain.mine(1, timestamp=timestamp)


@pytest.fixture
def points_open(stopped, reward, owner, sponsor, chain):
    """Distribution 1: points at a rate, its window open."""
    opens = now(chain) + DAY
    stopped.announcePoints(reward, POOL, opens, WINDOW, RATE, 0, sender=owner)
    stopped.fund(1, POOL, sender=sponsor)
    at(chain, opens)
    return stopped


def tree_for(chain, manager, number, amounts):
    return merkle_distribution(chain.chain_id, manager.address, number, {u.address: a for u, a in amounts.items()})


@pytest.fixture
def merkle_open(stopped, reward, restaker, other_restaker, owner, sponsor, chain):
    """Distribution 1: leaves for both restakers, its window open; (manager, tree)."""
    tree = tree_for(chain, stopped, 1, {restaker: 7 * ONE, other_restaker: 11 * ONE})
    opens = now(chain) + DAY
    stopped.announceMerkle(reward, tree.total, opens, WINDOW, tree.root, True, sender=owner)
    stopped.fund(1, tree.total, sender=sponsor)
    at(chain, opens)
    return stopped, tree
