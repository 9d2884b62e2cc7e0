"""Parts of a deposit contract's life, each with few enough rules to go through its corners, and all of it."""

from __future__ import annotations

from tests.integration.deposit_machine.restaking import Depositing, Leaving
from tests.integration.deposit_machine.ruling import Appointing, Listing, Managing, Terms
from tests.integration.deposit_machine.signing import Signing
from tests.integration.deposit_machine.stage import MANAGER, OWNER


class Deposits(Depositing, Terms):
    """Nobody is claim manager, deposits go on: ways in, terms, losses, seasons, ways out."""


class Signatures(Signing):
    """Consents and permits beside ordinary deposits, exits and losses."""


class Appointments(Appointing):
    """A claim manager is announced and accepted, the delay raised, deposits stopped, each at the edges of its time."""


class Claims(Leaving, Listing, Managing):
    """Deposits have stopped and the claim manager may act, beside users who leave and tokens that lose."""

    def begin(self) -> None:
        self.announce_manager(OWNER, MANAGER)
        self.pass_time(self.model.delay)
        self.accept_manager(OWNER)
        self.stop(OWNER)
        self.pass_time(self.model.delay)


class Everything(Signing, Terms, Appointing):
    """All of it in any order."""
