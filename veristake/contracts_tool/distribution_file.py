"""A distribution's list with a proof for each user, as a file that a distributor publishes and everybody can check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from statements.errors import ConfigurationError, ProofRejectedError
from statements.quantities import BigInteger, Hash32
from veristake.contracts_tool.merkle_distribution import merkle_distribution
from veristake.contracts_tool.plan import RealAddress

_MAKE = "Make it with `veristake contracts distribution build`"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Claim(_Part):
    """What one user gets.

    Attributes:
        user: checksummed address.
        amount: token units, a decimal string in JSON.
        proof: for ``claimLeaf``.
    """

    user: RealAddress
    amount: BigInteger
    proof: tuple[Hash32, ...]


class DistributionFile(_Part):
    """All of a distribution.

    Attributes:
        chain_id: of the chain of the ClaimManager.
        claim_manager: its address.
        distribution: number that the distribution has, or will get.
        root: for ``announceMerkle``.
        total: sum of all amounts, token units.
        claims: one for each user.
    """

    chain_id: int
    claim_manager: RealAddress
    distribution: int
    root: Hash32
    total: BigInteger
    claims: tuple[Claim, ...]

    @classmethod
    def build(cls, chain_id: int, claim_manager: str, distribution: int, amounts: dict[str, int]) -> Self:
        """The tree over these amounts, with every proof.

        Raises:
            ConfigurationError: as `merkle_distribution`, or the sum is more than a token can have.
        """
        made = merkle_distribution(chain_id, claim_manager, distribution, amounts)
        if made.total >= 1 << 256:
            raise ConfigurationError(f"amounts add up to {made.total}, above 2^256 - 1", remedy="Correct the amounts")
        return cls(
            chain_id=chain_id,
            claim_manager=claim_manager,
            distribution=distribution,
            root=_hex(made.root),
            total=made.total,
            claims=tuple(
                Claim(user=user, amount=amount, proof=tuple(map(_hex, proof)))
                for (user, proof), amount in zip(made.proofs.items(), amounts.values(), strict=True)
            ),
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a file.

        Raises:
            ConfigurationError: it cannot be read, or is not such a file.
        """
        try:
            return cls.model_validate(json.loads(path.read_text("utf-8")))
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read: {error.strerror}", remedy=_MAKE) from error
        except ValidationError as error:
            wrong = error.errors()[0]
            field = ".".join(map(str, wrong["loc"]))
            raise ConfigurationError(f"{path}, {field}: {wrong['msg']}", remedy=_MAKE) from error
        except ValueError as error:
            raise ConfigurationError(f"{path} is not JSON: {error}", remedy=_MAKE) from error

    def claim_of(self, user: str) -> Claim:
        """The user's.

        Raises:
            ConfigurationError: the list does not have the user.
        """
        for claim in self.claims:
            if claim.user == user:
                return claim
        raise ConfigurationError(
            f"{user} gets nothing in this distribution", remedy="Compare the address with the list"
        )

    def check(self) -> None:
        """Make the tree again from chain, contract, number and amounts, and compare all that the file says of it.

        Raises:
            ConfigurationError: a user is there twice, or an amount cannot be paid.
            ProofRejectedError: root, sum or a proof is another.
        """
        amounts = {claim.user: claim.amount for claim in self.claims}
        if len(amounts) != len(self.claims):
            raise ConfigurationError("claims: a user is there twice", remedy=_MAKE)
        right = self.build(self.chain_id, self.claim_manager, self.distribution, amounts)
        for field in ("root", "total"):
            stated, made = getattr(self, field), getattr(right, field)
            if stated != made:
                raise ProofRejectedError(
                    f"{field} {stated} is not that of the claims, {made}", remedy="Do not announce it"
                )
        for stated_claim, made_claim in zip(self.claims, right.claims, strict=True):
            if stated_claim.proof != made_claim.proof:
                raise ProofRejectedError(
                    f"the proof of {stated_claim.user} does not lead to the root", remedy="Build the file again"
                )


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
