"""Faults put into the deposit contracts one at a time, and what has to notice each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Watcher(StrEnum):
    """A test that has to fail; the value is how it is run."""

    MACHINE = "python -m pytest tests/integration/test_deposit_machine.py -q -x -p no:cacheprovider"
    INVARIANTS = "forge test --match-contract DepositInvariants"
    PROOFS = "bash scripts/symbolic.sh PointsProof"


ALL = tuple(Watcher)
BOTH = (Watcher.MACHINE, Watcher.INVARIANTS)
MACHINE = (Watcher.MACHINE,)


@dataclass(frozen=True)
class Mutation:
    """``before`` occurs once in ``contracts/deposit/<contract>.sol`` and becomes ``after``."""

    name: str
    contract: str
    before: str
    after: str
    noticed_by: tuple[Watcher, ...] = BOTH

    def apply(self, project: Path) -> str:
        """Put the fault in; the source as it was comes back.

        Raises:
            ValueError: the source has changed, so that the fault is none of its lines any more.
        """
        path = self.path(project)
        source = path.read_text("utf-8")
        if source.count(self.before) != 1:
            raise ValueError(f"{self.name}: found {source.count(self.before)} times in {path.name}: {self.before}")
        path.write_text(source.replace(self.before, self.after), "utf-8")
        return source

    def watchers(self) -> tuple[Watcher, ...]:
        """All that look at this contract; the proofs are of PointsMath only."""
        return tuple(watcher for watcher in Watcher if watcher != Watcher.PROOFS or self.contract == "PointsMath")

    def path(self, project: Path) -> Path:
        return project / "contracts" / "deposit" / f"{self.contract}.sol"


MUTATIONS = (
    Mutation("fetching leaves the rate", "OmronDeposit", "        _endEarning(user);\n", "", MACHINE),
    Mutation(
        "an announcement never expires",
        "ClaimManagerRole",
        "if (block.timestamp > expiresAt) revert",
        "if (expiresAt == 0) revert",
    ),
    Mutation(
        "an announcement is kept after its acceptance",
        "ClaimManagerRole",
        "        delete _announced;\n        delete _announcedReadyAt;\n",
        "",
    ),
    Mutation(
        "points are claimed while paused",
        "OmronDeposit",
        "function claim(address user)\n        external\n        nonReentrant\n        whenNotPaused\n",
        "function claim(address user)\n        external\n        nonReentrant\n",
    ),
    Mutation(
        "a new season counts for what was before",
        "EarningClock",
        "return past.clock + uint256(past.multiplier) *",
        "return past.clock + uint256(_multiplier) *",
    ),
    Mutation("earning goes on after the stop", "EarningClock", "if (until == 0) until = _now();", "until = _now();"),
    Mutation(
        "what was sent is credited, not what arrived",
        "DepositEntries",
        "credited = held <= before ? 0 : held - before < amount ? held - before : amount;",
        "credited = held <= before ? 0 : amount;",
    ),
    Mutation("a cap is filled to one unit less", "DepositLedger", "if (owed > listing", "if (owed >= listing", MACHINE),
    Mutation("a cap holds nobody back", "DepositLedger", "if (owed > listing.totalCap)", "if (owed == 0)", MACHINE),
    Mutation(
        "the time before a change counts by the units after it",
        "Accrual",
        "uint256 accrued = accrual.unitsOf() *",
        "uint256 accrued = units *",
    ),
    Mutation(
        "pausing keeps users in",
        "OmronDeposit",
        "function withdraw(address token, uint256 amount, address recipient) external nonReentrant {",
        "function withdraw(address token, uint256 amount, address recipient) external nonReentrant whenNotPaused {",
    ),
    Mutation("a consent can be used twice", "DepositEntries", "_useNonce(user)", "nonces(user)", MACHINE),
    Mutation(
        "an exit that pays nothing is debited",
        "OmronDeposit",
        "if (paid == 0) revert NothingToPay(token, amount);",
        "if (paid > amount) revert NothingToPay(token, amount);",
    ),
    Mutation("a consent never expires", "DepositEntries", "if (block.timestamp > expiry)", "if (expiry == 0)", MACHINE),
    Mutation(
        "a permit that was sent before refuses the deposit",
        "DepositEntries",
        "try IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}",
        "IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s);",
        MACHINE,
    ),
    Mutation(
        "a Permit2 signature names nobody",
        "DepositEntries",
        "abi.encode(PERMIT2_WITNESS_TYPEHASH, user)",
        "abi.encode(PERMIT2_WITNESS_TYPEHASH, payer)",
        MACHINE,
    ),
    Mutation(
        "an exit from a loss is rounded up",
        "PointsMath",
        "Math.mulDiv(amount, held, owed)",
        "Math.mulDiv(amount, held, owed, Math.Rounding.Ceil)",
        ALL,
    ),
    Mutation(
        "a touch loses what is less than a unit-second",
        "PointsMath",
        "units * to / BASIS_POINTS - units * from / BASIS_POINTS",
        "units * (to - from) / BASIS_POINTS",
        (Watcher.PROOFS,),
    ),
    Mutation(
        "points are rounded up",
        "PointsMath",
        "unitSeconds / SECONDS_PER_POINT",
        "(unitSeconds + 3599) / 3600",
        (Watcher.MACHINE, Watcher.PROOFS),
    ),
)
