"""OmronDeposit's other ways in: for somebody else, by consent, by ERC-2612 permit, by Permit2."""

import ape
import pytest
from eth_utils import keccak

from tests.contracts.conftest import NOBODY, ONE
from tests.contracts.deposit_signatures import (
    PERMIT2,
    consent,
    install_permit2,
    permit,
    permit2_transfer,
    signature_of,
)

LATER = 2**40


@pytest.fixture
def permitting(owner, project, deposit, restaker):
    """A listed token with permits, of which the restaker holds a thousand and allows none."""
    token = owner.deploy(project.MockPermitToken, 18)
    token.mint(restaker, 1000 * ONE, sender=owner)
    deposit.addWhitelistedToken(token, sender=owner)
    return token


def permit_signature(deposit, token, account, chain, amount=ONE, deadline=LATER):
    nonce = token.nonces(account)
    message = permit(
        token.address,
        chain.chain_id,
        owner=account.address,
        spender=deposit.address,
        value=amount,
        nonce=nonce,
        deadline=deadline,
    )
    signed = account.sign_message(message)
    return (signed.v, signed.r, signed.s)


def consent_signature(deposit, account, chain, token, **changed):
    message = {"user": account.address, "token": token.address, "amount": ONE, "nonce": 0, "expiry": LATER, **changed}
    return signature_of(account, consent(deposit.address, chain.chain_id, **message))


# ------------------------------------------------------------------ depositFor


def test_deposit_for_credits_the_user_and_charges_the_sender(funded, ezeth, restaker, stranger):
    receipt = funded.depositFor(stranger, ezeth, 3 * ONE, sender=restaker)
    assert receipt.return_value == 3 * ONE
    expected = funded.Deposit(user=stranger, token=ezeth, amount=3 * ONE)
    assert receipt.decode_logs(funded.Deposit) == [expected]
    assert (funded.tokenBalance(stranger, ezeth), funded.tokenBalance(restaker, ezeth)) == (3 * ONE, 0)
    assert ezeth.balanceOf(restaker) == 997 * ONE
    funded.withdraw(ezeth, 3 * ONE, stranger, sender=stranger)
    assert ezeth.balanceOf(stranger) == 3 * ONE


def test_deposit_for_checks_in_order(funded, ezeth, owner, restaker, stranger):
    with ape.reverts(funded.InvalidRecipient, error_inputs={"recipient": funded.address}):
        funded.depositFor(funded, ezeth, ONE, sender=restaker)
    with ape.reverts(funded.ZeroAddress):
        funded.depositFor(NOBODY, ezeth, ONE, sender=restaker)
    with ape.reverts(funded.TokenNotWhitelisted):
        funded.depositFor(NOBODY, stranger, ONE, sender=restaker)
    with ape.reverts(funded.ZeroAmount):
        funded.depositFor(NOBODY, stranger, 0, sender=restaker)
    funded.stopDeposits(sender=owner)
    with ape.reverts(funded.DepositsStopped):
        funded.depositFor(NOBODY, stranger, 0, sender=restaker)
    funded.pause(sender=owner)
    with ape.reverts(funded.EnforcedPause):
        funded.depositFor(NOBODY, stranger, 0, sender=restaker)


# ---------------------------------------------------- depositForWithSignature


def test_deposit_for_with_signature_charges_the_sender_and_uses_the_nonce(
    funded, ezeth, restaker, other_restaker, chain
):
    signature = consent_signature(funded, other_restaker, chain, ezeth)
    arguments = (other_restaker, ezeth, ONE, LATER, signature)
    before = ezeth.balanceOf(other_restaker)
    assert funded.depositForWithSignature(*arguments, sender=restaker).return_value == ONE
    assert (ezeth.balanceOf(other_restaker), ezeth.balanceOf(restaker)) == (before, 999 * ONE)
    assert (funded.tokenBalance(other_restaker, ezeth), funded.nonces(other_restaker)) == (ONE, 1)
    with ape.reverts(funded.InvalidSignature, error_inputs={"signer": other_restaker.address}):
        funded.depositForWithSignature(*arguments, sender=restaker)


@pytest.mark.parametrize("changed", ["amount", "nonce", "expiry", "token", "user", "contract", "chain"])
def test_deposit_for_with_signature_of_anything_else_reverts(
    funded, ezeth, weth, restaker, other_restaker, chain, changed
):
    message = {"user": other_restaker.address, "token": ezeth.address, "amount": ONE, "nonce": 0, "expiry": LATER}
    different = {"amount": 2 * ONE, "nonce": 1, "expiry": LATER - 1, "token": weth.address, "user": restaker.address}
    contract = weth.address if changed == "contract" else funded.address
    chain_id = 1 if changed == "chain" else chain.chain_id
    if changed in different:
        message[changed] = different[changed]
    signature = signature_of(other_restaker, consent(contract, chain_id, **message))
    with ape.reverts(funded.InvalidSignature, error_inputs={"signer": other_restaker.address}):
        funded.depositForWithSignature(other_restaker, ezeth, ONE, LATER, signature, sender=restaker)
    assert funded.nonces(other_restaker) == 0


def test_deposit_for_with_signature_after_expiry_reverts(funded, ezeth, restaker, other_restaker, chain):
    expiry = chain.pending_timestamp + 100
    signature = consent_signature(funded, other_restaker, chain, ezeth, expiry=expiry)
    arguments = (other_restaker, ezeth, ONE, expiry, signature)
    chain.pending_timestamp = expiry + 1
    with ape.reverts(funded.SignatureExpired, error_inputs={"expiry": expiry}):
        funded.depositForWithSignature(*arguments, sender=restaker)


def test_deposit_for_with_signature_of_a_contract_wallet(funded, project, owner, ezeth, restaker, stranger, chain):
    wallet = owner.deploy(project.MockContractWallet, stranger)
    message = {"user": wallet.address, "token": ezeth.address, "amount": ONE, "nonce": 0, "expiry": LATER}
    signable = consent(funded.address, chain.chain_id, **message)
    with ape.reverts(funded.InvalidSignature, error_inputs={"signer": wallet.address}):
        funded.depositForWithSignature(wallet, ezeth, ONE, LATER, signature_of(restaker, signable), sender=restaker)
    funded.depositForWithSignature(wallet, ezeth, ONE, LATER, signature_of(stranger, signable), sender=restaker)
    assert funded.tokenBalance(wallet, ezeth) == ONE


# ----------------------------------------------------------- depositWithPermit


def test_deposit_with_permit_needs_no_allowance(deposit, permitting, restaker, chain):
    signature = permit_signature(deposit, permitting, restaker, chain)
    receipt = deposit.depositWithPermit(permitting, ONE, LATER, *signature, sender=restaker)
    assert receipt.return_value == ONE
    assert deposit.tokenBalance(restaker, permitting) == ONE
    assert permitting.allowance(restaker, deposit) == 0


def test_deposit_with_permit_that_somebody_sent_before_succeeds(deposit, permitting, restaker, stranger, chain):
    signature = permit_signature(deposit, permitting, restaker, chain)
    permitting.permit(restaker, deposit, ONE, LATER, *signature, sender=stranger)
    deposit.depositWithPermit(permitting, ONE, LATER, *signature, sender=restaker)
    assert deposit.tokenBalance(restaker, permitting) == ONE


def test_deposit_with_permit_of_another_or_too_late_reverts(deposit, permitting, restaker, stranger, chain):
    stolen = permit_signature(deposit, permitting, restaker, chain)
    with ape.reverts(permitting.ERC20InsufficientAllowance):
        deposit.depositWithPermit(permitting, ONE, LATER, *stolen, sender=stranger)
    late = permit_signature(deposit, permitting, restaker, chain, deadline=1)
    with ape.reverts(permitting.ERC20InsufficientAllowance):
        deposit.depositWithPermit(permitting, ONE, 1, *late, sender=restaker)


def test_deposit_with_permit_of_a_token_without_permits_uses_the_allowance(funded, ezeth, restaker):
    funded.depositWithPermit(ezeth, ONE, 0, 27, b"\1" * 32, b"\1" * 32, sender=restaker)
    assert funded.tokenBalance(restaker, ezeth) == ONE


def test_deposit_with_permit_checks_before_the_permit_is_used(deposit, permitting, owner, restaker, chain):
    signature = permit_signature(deposit, permitting, restaker, chain)
    deposit.removeWhitelistedToken(permitting, sender=owner)
    with ape.reverts(deposit.TokenNotWhitelisted):
        deposit.depositWithPermit(permitting, ONE, LATER, *signature, sender=restaker)
    assert permitting.nonces(restaker) == 0


# ---------------------------------------------------------- depositWithPermit2


@pytest.fixture
def permit2(chain, funded, ezeth, restaker):
    """The real Permit2, which the restaker lets move ezETH."""
    install_permit2(chain)
    ezeth.approve(PERMIT2, 2**256 - 1, sender=restaker)
    return PERMIT2


def transfer(funded, chain, token, payer, user, amount=ONE, nonce=7, deadline=LATER, spender=None):
    message = permit2_transfer(
        chain.chain_id, user.address, token.address, amount, spender or funded.address, nonce, deadline
    )
    return ((token.address, amount), nonce, deadline), signature_of(payer, message)


def test_deposit_with_permit2_moves_the_payers_tokens_once(
    permit2, funded, ezeth, restaker, other_restaker, stranger, chain
):
    signed, signature = transfer(funded, chain, ezeth, restaker, other_restaker)
    arguments = (signed, restaker, other_restaker, signature)
    receipt = funded.depositWithPermit2(*arguments, sender=stranger)
    assert receipt.return_value == funded.tokenBalance(other_restaker, ezeth) == ONE
    assert ezeth.balanceOf(restaker) == 999 * ONE
    with ape.reverts():  # Permit2's InvalidNonce
        funded.depositWithPermit2(*arguments, sender=stranger)


def refusal_of(call_refusal, funded, stranger, *arguments):
    data = funded.depositWithPermit2.encode_input(*arguments)
    return call_refusal(**{"from": stranger.address, "to": funded.address, "data": data})


def test_deposit_with_permit2_binds_payer_user_amount_and_contract(
    permit2, funded, ezeth, weth, restaker, other_restaker, stranger, chain, call_refusal
):
    invalid_signer = "0x" + keccak(text="InvalidSigner()")[:4].hex()
    signed, signature = transfer(funded, chain, ezeth, restaker, restaker)
    more = ((ezeth.address, 2 * ONE), *signed[1:])
    for arguments in (
        (signed, restaker, stranger, signature),
        (signed, other_restaker, restaker, signature),
        (more, restaker, restaker, signature),
    ):
        assert refusal_of(call_refusal, funded, stranger, *arguments) == invalid_signer
    signed, signature = transfer(funded, chain, ezeth, restaker, restaker, spender=weth.address)
    assert refusal_of(call_refusal, funded, stranger, signed, restaker, restaker, signature) == invalid_signer


def test_deposit_with_permit2_after_its_deadline_reverts(permit2, funded, ezeth, restaker, chain, call_refusal):
    signed, signature = transfer(funded, chain, ezeth, restaker, restaker, deadline=1)
    refused = refusal_of(call_refusal, funded, restaker, signed, restaker, restaker, signature)
    assert refused == "0x" + (keccak(text="SignatureExpired(uint256)")[:4] + (1).to_bytes(32, "big")).hex()


def test_deposit_with_permit2_where_there_is_none_reverts(funded, ezeth, restaker, chain):
    chain.provider.set_code(PERMIT2, b"")
    signed, signature = transfer(funded, chain, ezeth, restaker, restaker)
    with ape.reverts():
        funded.depositWithPermit2(signed, restaker, restaker, signature, sender=restaker)


def test_deposit_with_permit2_checks_in_order(permit2, funded, ezeth, owner, restaker, chain):
    signed, signature = transfer(funded, chain, ezeth, restaker, restaker)
    with ape.reverts(funded.ZeroAddress):
        funded.depositWithPermit2(signed, restaker, NOBODY, signature, sender=restaker)
    nothing, signature = transfer(funded, chain, ezeth, restaker, restaker, amount=0)
    with ape.reverts(funded.ZeroAmount):
        funded.depositWithPermit2(nothing, restaker, restaker, signature, sender=restaker)
    funded.pause(sender=owner)
    with ape.reverts(funded.EnforcedPause):
        funded.depositWithPermit2(nothing, restaker, restaker, signature, sender=restaker)
