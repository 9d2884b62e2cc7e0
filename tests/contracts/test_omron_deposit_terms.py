"""OmronDeposit: weights, caps, seasons, what pausing and delisting do to earning."""

import ape
import pytest
from eth_abi import encode
from eth_utils import keccak

from tests.contracts.conftest import NOBODY, ONE

HOUR = 3600
MOST = 2**96 - 1


def timestamp(chain, receipt):
    return chain.blocks[receipt.block_number].timestamp


@pytest.fixture
def cents(owner, project, deposit, restaker):
    """A token of six decimals of which the restaker holds a million."""
    token = owner.deploy(project.MockPermitToken, 6)
    token.mint(restaker, 10**12, sender=owner)
    token.approve(deposit, 2**256 - 1, sender=restaker)
    return token


# --------------------------------------------------------------------- weights


def test_plainly_listed_token_counts_raw_units_without_caps(deposit, owner, cents, restaker):
    deposit.addWhitelistedToken(cents, sender=owner)
    assert tuple(deposit.tokenTerms(cents)) == (True, 10_000, 18, MOST, MOST)
    deposit.deposit(cents, 7, sender=restaker)
    assert deposit.getUserInfo(restaker).pointsPerHour == 7


def test_weighted_token_earns_by_weight_and_decimals(deposit, owner, cents, restaker):
    receipt = deposit.addWeightedToken(cents, 15_000, 10**9, 10**7, sender=owner)
    assert receipt.decode_logs(deposit.WhitelistedTokenAdded)[0].token == cents
    assert receipt.decode_logs(deposit.TokenWeightSet) == [
        deposit.TokenWeightSet(token=cents, weight=15_000, decimals=6)
    ]
    assert receipt.decode_logs(deposit.DepositCapsSet) == [
        deposit.DepositCapsSet(token=cents, totalCap=10**9, depositCap=10**7)
    ]
    assert tuple(deposit.tokenTerms(cents)) == (True, 15_000, 6, 10**9, 10**7)
    deposit.deposit(cents, 2 * 10**6, sender=restaker)
    assert deposit.getUserInfo(restaker).pointsPerHour == 3 * ONE
    # the total stays in the token's own units
    assert deposit.totalOf(cents) == 2 * 10**6
    deposit.withdraw(cents, 10**6, restaker, sender=restaker)
    assert deposit.getUserInfo(restaker).pointsPerHour == 3 * ONE // 2
    deposit.withdraw(cents, 10**6, restaker, sender=restaker)
    assert deposit.getUserInfo(restaker).pointsPerHour == 0


def test_weight_and_decimals_never_change(deposit, owner, cents):
    deposit.addWeightedToken(cents, 20_000, 100, 10, sender=owner)
    with ape.reverts(deposit.TokenAlreadyWhitelisted, error_inputs={"token": cents.address}):
        deposit.addWeightedToken(cents, 20_000, 100, 10, sender=owner)
    deposit.removeWhitelistedToken(cents, sender=owner)
    with ape.reverts(deposit.TokenWeightFixed, error_inputs={"token": cents.address}):
        deposit.addWeightedToken(cents, 20_001, 100, 10, sender=owner)
    # the plain way brings it back as it was
    deposit.addWhitelistedToken(cents, sender=owner)
    assert tuple(deposit.tokenTerms(cents)) == (True, 20_000, 6, 100, 10)


@pytest.mark.parametrize("weight", [0, 1_000_001])
def test_weight_out_of_range_reverts(deposit, owner, cents, weight):
    with ape.reverts(deposit.WeightOutOfRange, error_inputs={"weight": weight, "maximum": 1_000_000}):
        deposit.addWeightedToken(cents, weight, 1, 1, sender=owner)


def test_decimals_that_are_unknown_or_too_many_revert(deposit, owner, project, stranger):
    many = owner.deploy(project.MockPermitToken, 37)
    for token in (many, stranger):
        with ape.reverts(deposit.DecimalsUnknown, error_inputs={"token": token.address}):
            deposit.addWeightedToken(token, 10_000, 1, 1, sender=owner)
    with ape.reverts(deposit.ZeroAddress):
        deposit.addWeightedToken(NOBODY, 10_000, 1, 1, sender=owner)


# ------------------------------------------------------------------------ caps


def test_caps_bound_each_deposit_and_the_total(deposit, owner, cents, restaker):
    deposit.addWeightedToken(cents, 10_000, 150, 100, sender=owner)
    inputs = {"token": cents.address, "cap": 100, "requested": 101}
    with ape.reverts(deposit.DepositCapExceeded, error_inputs=inputs):
        deposit.deposit(cents, 101, sender=restaker)
    deposit.deposit(cents, 100, sender=restaker)
    inputs = {"token": cents.address, "cap": 150, "requested": 151}
    with ape.reverts(deposit.TotalCapExceeded, error_inputs=inputs):
        deposit.deposit(cents, 51, sender=restaker)
    deposit.deposit(cents, 50, sender=restaker)
    # a cap below what is there closes the token and keeps nobody in
    deposit.setDepositCaps(cents, 1, 100, sender=owner)
    with ape.reverts(deposit.TotalCapExceeded):
        deposit.deposit(cents, 1, sender=restaker)
    deposit.withdraw(cents, 150, restaker, sender=restaker)


def test_set_deposit_caps_refusals(deposit, ezeth, owner, stranger):
    with ape.reverts(deposit.TokenNotWhitelisted):
        deposit.setDepositCaps(stranger, 1, 1, sender=owner)
    for caps in ((MOST + 1, 1), (1, MOST + 1)):
        with ape.reverts(deposit.CapOutOfRange, error_inputs={"cap": MOST + 1, "maximum": MOST}):
            deposit.setDepositCaps(ezeth, *caps, sender=owner)


def test_units_beyond_what_is_counted_are_refused_on_deposit(funded, ezeth, weth, owner, restaker):
    for token in (ezeth, weth):
        token.mint(restaker, 2**97, sender=owner)
    with ape.reverts(funded.DepositCapExceeded):
        funded.deposit(ezeth, 2**96, sender=restaker)
    funded.deposit(ezeth, MOST, sender=restaker)
    with ape.reverts(funded.TotalCapExceeded):
        funded.deposit(ezeth, 1, sender=restaker)
    with ape.reverts(funded.RateTooHigh, error_inputs={"maximum": MOST, "requested": MOST + 1}):
        funded.deposit(weth, 1, sender=restaker)
    funded.withdraw(ezeth, MOST, restaker, sender=restaker)
    assert funded.getUserInfo(restaker).pointsPerHour == 0


def test_so_many_tokens_and_no_more(owner, project, ezeth):
    tokens = [f"0x{number:040x}" for number in range(1, 129)]
    deposit = owner.deploy(project.OmronDeposit, owner, tokens)
    with ape.reverts(deposit.TooManyTokens, error_inputs={"maximum": len(tokens)}):
        deposit.addWhitelistedToken(ezeth, sender=owner)


# --------------------------------------------------------------------- seasons


def test_season_multiplies_what_is_earned_from_then_on(funded, ezeth, owner, restaker, chain):
    assert tuple(funded.season()) == (0, 10_000, 0)
    first = timestamp(chain, funded.deposit(ezeth, ONE, sender=restaker))
    chain.pending_timestamp = first + HOUR
    receipt = funded.startSeason(25_000, sender=owner)
    assert receipt.decode_logs(funded.SeasonStarted) == [funded.SeasonStarted(number=1, multiplier=25_000)]
    assert tuple(funded.season()) == (1, 25_000, first + HOUR)
    assert funded.calculatePoints(restaker) == ONE
    assert funded.getUserInfo(restaker).pointsPerHour == ONE * 5 // 2
    chain.pending_timestamp = first + 3 * HOUR
    funded.startSeason(0, sender=owner)
    chain.mine(1, timestamp=first + 9 * HOUR)
    assert funded.calculatePoints(restaker) == 6 * ONE
    chain.pending_timestamp = first + 10 * HOUR
    funded.startSeason(5_000, sender=owner)
    chain.pending_timestamp = first + 12 * HOUR
    funded.withdraw(ezeth, ONE, restaker, sender=restaker)
    assert funded.calculatePoints(restaker) == funded.getUserInfo(restaker).pointBalance == 7 * ONE


def test_start_season_refusals(deposit, owner):
    inputs = {"multiplier": 100_001, "maximum": 100_000}
    with ape.reverts(deposit.MultiplierTooHigh, error_inputs=inputs):
        deposit.startSeason(100_001, sender=owner)
    deposit.stopDeposits(sender=owner)
    with ape.reverts(deposit.DepositsStopped):
        deposit.startSeason(10_000, sender=owner)


# ------------------------------------------------ what does not stop earning


@pytest.mark.parametrize("condition", ["paused", "delisted"])
def test_earning_goes_on_while_paused_and_after_delisting(funded, ezeth, owner, restaker, chain, condition):
    first = timestamp(chain, funded.deposit(ezeth, ONE, sender=restaker))
    if condition == "paused":
        funded.pause(sender=owner)
    else:
        funded.removeWhitelistedToken(ezeth, sender=owner)
    chain.mine(1, timestamp=first + 2 * HOUR)
    assert funded.calculatePoints(restaker) == 2 * ONE


def test_claim_takes_what_is_less_than_a_point(funded, ezeth, owner, restaker, claim_manager, chain):
    """Otherwise the second half of a point would be paid by the first's claim and again later."""
    first = timestamp(chain, funded.deposit(ezeth, 1, sender=restaker))
    chain.pending_timestamp = first + HOUR + 3599
    funded.stopDeposits(sender=owner)
    funded.setClaimManager(claim_manager, sender=owner)
    receipt = funded.claim(restaker, sender=claim_manager)
    assert receipt.decode_logs(funded.ClaimPoints)[0].points == 1
    slot = chain.provider.web3.eth.get_storage_at(funded.address, account_slot(restaker.address))
    assert int.from_bytes(slot[16:], "big") == 0


def account_slot(user):
    """Storage slot of a user's account; 128 bits of unit-seconds are its lower half."""
    return int.from_bytes(keccak(encode(["address", "uint256"], [user, 7])), "big")


def test_after_2106_time_stands_still_and_exits_are_open(funded, ezeth, owner, restaker, chain):
    first = timestamp(chain, funded.deposit(ezeth, ONE, sender=restaker))
    chain.pending_timestamp = 2**32 + 1000
    funded.deposit(ezeth, ONE, sender=restaker)
    chain.pending_timestamp = 2**32 + HOUR * 10**6
    funded.withdraw(ezeth, 2 * ONE, restaker, sender=restaker)
    assert funded.calculatePoints(restaker) == (2**32 - 1 - first) * ONE // HOUR
    assert funded.cumulativeOf(ezeth) == (2**32 - 1 - first) * ONE
