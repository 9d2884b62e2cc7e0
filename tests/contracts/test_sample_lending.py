"""What the sample protocol does with a score, and without one."""

import ape
import pytest

from tests.contracts.conftest import error_data

RISK_ONE = 10**8
EPOCH_LENGTH = 3600


@pytest.fixture
def risk_feed(owner, project):
    """Stands in for the exit risk adapter: 8 decimals; reverts NoAnswer before the first answer."""
    return owner.deploy(project.MockPriceFeed, 8, "exit risk")


@pytest.fixture
def lending(owner, project, ezeth, risk_feed):
    """Lists ezETH at 75 % without risk."""
    authority = owner.deploy(project.Authority, owner)
    protocol = owner.deploy(project.SampleLendingProtocol, authority, EPOCH_LENGTH)
    protocol.listAsset(ezeth, risk_feed, 7500, sender=owner)
    return protocol


def test_loan_to_value_starts_at_the_floor(lending, ezeth):
    assert lending.loanToValueOf(ezeth) == lending.FLOOR_BPS() == 1000


@pytest.mark.parametrize(
    ("risk", "bps"),
    [
        (0, 7500),
        (1, 7499),
        (RISK_ONE // 5, 6000),
        (RISK_ONE * 9 // 10, 1000),
        (RISK_ONE, 1000),
        (RISK_ONE + 1, 1000),
        (-1, 1000),
    ],
)
def test_refresh_follows_risk_between_base_and_floor(lending, ezeth, risk_feed, owner, stranger, chain, risk, bps):
    now = chain.blocks.head.timestamp
    risk_feed.setAnswer(risk, now, sender=owner)
    receipt = lending.refresh(ezeth, sender=stranger)
    # anything that is not a risk counts as certain exit
    bounded = risk if 0 <= risk <= RISK_ONE else RISK_ONE
    expected = lending.LoanToValueSet(asset=ezeth, bps=bps, risk=bounded * 10**10, updatedAt=now)
    assert receipt.decode_logs(lending.LoanToValueSet) == [expected]
    assert lending.loanToValueOf(ezeth) == bps


def test_refresh_before_the_first_score_stays_at_the_floor(lending, ezeth, risk_feed, project, owner, stranger):
    receipt = lending.refresh(ezeth, sender=stranger)
    kept = receipt.decode_logs(lending.LoanToValueWithoutScore)
    assert [(log.asset, log.bps) for log in kept] == [(ezeth, 1000)]
    # the reason is the feed's own error, with its argument
    assert bytes(kept[0].reason)[4:] == (0).to_bytes(32, "big")
    assert lending.loanToValueOf(ezeth) == 1000


@pytest.mark.parametrize(("risks", "bps"), [((0, RISK_ONE), (5500, 3500)), ((RISK_ONE, 0), (1250, 1500))])
def test_refresh_in_later_epochs_moves_by_the_epochs_cap(lending, ezeth, risk_feed, owner, stranger, chain, risks, bps):
    first, later = risks
    risk_feed.setAnswer(first, chain.blocks.head.timestamp, sender=owner)
    lending.refresh(ezeth, sender=stranger)
    for expected in bps:
        chain.mine(timestamp=(chain.blocks.head.timestamp // EPOCH_LENGTH + 1) * EPOCH_LENGTH)
        risk_feed.setAnswer(later, chain.blocks.head.timestamp, sender=owner)
        for _ in range(2):
            receipt = lending.refresh(ezeth, sender=stranger)
            assert [log.bps for log in receipt.decode_logs(lending.LoanToValueSet)] == [expected]
        assert lending.loanToValueOf(ezeth) == expected


def test_constructor_without_epochs_reverts(owner, project, call_refusal):
    authority = owner.deploy(project.Authority, owner)
    arguments = project.SampleLendingProtocol.constructor.encode_input(authority, 0)
    code = project.SampleLendingProtocol.contract_type.get_deployment_bytecode()
    assert call_refusal(data=code + arguments) == error_data("EpochLengthIsZero()")


def test_list_asset_refusals(lending, ezeth, weth, risk_feed, owner, stranger):
    with ape.reverts(lending.AccessManagedUnauthorized, error_inputs={"caller": stranger.address}):
        lending.listAsset(weth, risk_feed, 7500, sender=stranger)
    with ape.reverts(lending.AssetAlreadyListed, error_inputs={"asset": ezeth.address}):
        lending.listAsset(ezeth, risk_feed, 7500, sender=owner)
    for bps in (999, 9501):
        inputs = {"bps": bps, "minimum": 1000, "maximum": 9500}
        with ape.reverts(lending.LoanToValueOutOfRange, error_inputs=inputs):
            lending.listAsset(weth, risk_feed, bps, sender=owner)


def test_unlisted_asset_is_named(lending, weth, stranger, call_refusal):
    with ape.reverts(lending.AssetNotListed, error_inputs={"asset": weth.address}):
        lending.refresh(weth, sender=stranger)
    refusal = call_refusal(to=lending.address, data=lending.loanToValueOf.encode_input(weth))
    assert refusal == error_data("AssetNotListed(address)", weth.address)
