"""Ways in by a signature: consents, ERC-2612 permits and Permit2, true, false, late and used."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.integration.deposit_machine.machine import ANY_TOKEN, ANY_USER
from tests.integration.deposit_machine.restaking import Depositing
from tests.integration.deposit_machine.stage import MOST_ALLOWED, PERMIT2, PERMITTING, STRANGER

AMOUNTS = st.integers(1, 10**20)
FORGER = st.sampled_from([0, 0, 0, STRANGER])
"""Who signs in place of who should, if anybody."""
SECONDS_LEFT = st.sampled_from([-1, 0, 100, 100, 100])
DOMAIN = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}


class Signing(Depositing):
    """What is signed is good for what it says, once."""

    @rule(payer=ANY_USER, user=ANY_USER, token=ANY_TOKEN, amount=AMOUNTS, forger=FORGER, seconds_left=SECONDS_LEFT)
    def deposit_with_consent(
        self, payer: int, user: int, token: int, amount: int, forger: int, seconds_left: int
    ) -> None:
        """With one that has just expired, then with the one given, and again with that, which has been used."""
        self._deposit_with_consent(payer, user, token, amount, forger, -1)
        self._deposit_with_consent(payer, user, token, amount, forger, seconds_left)

    @rule(
        user=ANY_USER,
        token=st.sampled_from([PERMITTING, PERMITTING, 0, 2]),
        amount=AMOUNTS,
        more=st.sampled_from([0, 0, 0, 1]),
        forger=FORGER,
        seconds_left=SECONDS_LEFT,
        sent_before=st.booleans(),
    )
    def deposit_with_permit(
        self, user: int, token: int, amount: int, more: int, forger: int, seconds_left: int, sent_before: bool
    ) -> None:
        """A permit for that much, or more, which a stranger may have sent before; and again when it has been used."""
        me, permitting = self.who(user), self.stage.tokens[PERMITTING]
        taken, deadline = self.model.tokens[self.token(PERMITTING)], self.node.now + seconds_left
        assert taken.permits is not None
        nonce, allowed = taken.permits[me], amount + more
        parts = self._permit(forger or user, me, allowed, nonce, deadline)
        genuine = not forger and self.node.now <= deadline
        if sent_before and genuine:
            self.node.send(
                permitting.asked("permit", me, self.model.address, allowed, deadline, *parts), self.who(STRANGER)
            )
            taken.allowed[me], taken.permits[me] = allowed, nonce + 1
        call = ("depositWithPermit", self.token(token), amount, deadline, *parts)
        for _ in ("new", "used"):
            good = not forger and not more and self.node.now <= deadline
            valid = good and token == PERMITTING and taken.permits[me] == nonce
            change = partial(self.model.deposit_by_permit, self.node.now, me, self.token(token), amount, valid)
            self.both(user, call, change)

    @rule(user=ANY_USER)
    def allow_all_again(self, user: int) -> None:
        taken = self.stage.tokens[PERMITTING]
        self.node.send(taken.asked("approve", self.model.address, MOST_ALLOWED), self.who(user))
        self.model.tokens[taken.address].allowed.pop(self.who(user), None)

    @rule(
        sender=ANY_USER,
        payer=ANY_USER,
        user=ANY_USER,
        token=ANY_TOKEN,
        amount=AMOUNTS,
        nonce=st.integers(0, 3),
        forger=FORGER,
        seconds_left=SECONDS_LEFT,
        signed_for=st.sampled_from([0, 0, 0, STRANGER]),
    )
    def deposit_with_permit2(
        self,
        sender: int,
        payer: int,
        user: int,
        token: int,
        amount: int,
        nonce: int,
        forger: int,
        seconds_left: int,
        signed_for: int,
    ) -> None:
        """Sent by anybody for the one whom the payer named; and again with the same signature."""
        deadline, address = self.node.now + seconds_left, self.token(token)
        kinds = {"permitted": "TokenPermissions", "spender": "address", "nonce": "uint256", "deadline": "uint256"}
        types = {
            "PermitWitnessTransferFrom": {**kinds, "witness": "DepositFor"},
            "DepositFor": {"user": "address"},
            "TokenPermissions": {"token": "address", "amount": "uint256"},
        }
        message = {
            "permitted": {"token": address, "amount": str(amount)},
            "spender": self.model.address,
            "nonce": nonce,
            "deadline": deadline,
            "witness": {"user": self.who(signed_for or user)},
        }
        signature = self._signed(forger or payer, {"name": "Permit2", "verifyingContract": PERMIT2}, types, message)
        permit = ((address, amount), nonce, deadline)
        call = ("depositWithPermit2", permit, self.who(payer), self.who(user), signature)
        given = (self.who(payer), self.who(user), address, amount, nonce, deadline, not forger and not signed_for)
        for _ in ("new", "used"):
            self.both(sender, call, partial(self.model.deposit_by_permit2, self.node.now, *given))

    @rule(payer=ANY_USER, amount=AMOUNTS)
    def deposit_with_permit2_what_is_refused(self, payer: int, amount: int) -> None:
        """Permit2 tells in its own words that a token refuses."""
        self.misbehave(0, refusing=True)
        self.recover(0)
        never_used = 4
        self.deposit_with_permit2(payer, payer, payer, 0, amount, never_used, 0, 100, 0)
        self.misbehave(0, refusing=False)

    # ---------------------------------------------------------------- private

    def _deposit_with_consent(
        self, payer: int, user: int, token: int, amount: int, forger: int, seconds_left: int
    ) -> None:
        given = (self.who(user), self.token(token), amount)
        expiry, nonce = self.node.now + seconds_left, self.model.account(self.who(user)).nonce
        kinds = {"user": "address", "token": "address", "amount": "uint256", "nonce": "uint256", "expiry": "uint256"}
        message = dict(zip(kinds, (*given[:2], str(amount), nonce, expiry), strict=True))
        domain = {"name": "OmronDeposit", "version": "1", "verifyingContract": self.model.address}
        call = ("depositForWithSignature", *given, expiry)
        call += (self._signed(forger or user, domain, {"DepositFor": kinds}, message),)
        for _ in ("new", "used"):
            valid = not forger and self.model.account(self.who(user)).nonce == nonce
            change = partial(self.model.deposit_by_consent, self.node.now, self.who(payer), *given, expiry, valid)
            self.both(payer, call, change)

    def _permit(self, signer: int, owner: str, value: int, nonce: int, deadline: int) -> tuple[int, bytes, bytes]:
        kinds = {
            "owner": "address",
            "spender": "address",
            "value": "uint256",
            "nonce": "uint256",
            "deadline": "uint256",
        }
        message = dict(zip(kinds, (owner, self.model.address, str(value), nonce, deadline), strict=True))
        domain = {"name": "Mock Permit Token", "version": "1", "verifyingContract": self.token(PERMITTING)}
        signature = self._signed(signer, domain, {"Permit": kinds}, message)
        return signature[64], signature[:32], signature[32:64]

    def _signed(
        self, signer: int, domain: dict[str, str], types: dict[str, dict[str, str]], message: dict[str, Any]
    ) -> bytes:
        """EIP-712 signature over the first of the types; the domain is on the stage's chain."""
        here = {**domain, "chainId": self.stage.chain_id}
        fields = {"EIP712Domain": {name: kind for name, kind in DOMAIN.items() if name in here}, **types}
        data = {
            "primaryType": next(iter(types)),
            "types": {name: [{"name": f, "type": kind} for f, kind in kinds.items()] for name, kinds in fields.items()},
            "domain": here,
            "message": message,
        }
        return bytes.fromhex(self.node.rpc("eth_signTypedData_v4", self.who(signer), data)[2:])
