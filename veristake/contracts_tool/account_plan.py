"""Which account sends transactions, and what it may pay."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_GWEI = 10**9


class PlanPart(BaseModel):
    """Part of a plan: immutable, and refuses a field that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AccountPlan(PlanPart):
    """One of Ape's well-known test accounts, an Ape account by its alias, or a V3 keystore anywhere.

    Attributes:
        test_index: number of a test account; their keys are public, so on local chains only.
        alias: account made by ``ape accounts import`` or ``generate``: ``~/.ape/accounts/<alias>.json``.
        keystore: V3 keystore JSON.
        password_file: file whose first line is the keystore's passphrase.
        password_variable: environment variable that holds it.
    """

    test_index: int | None = Field(default=None, ge=0)
    alias: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]+$")
    keystore: Path | None = None
    password_file: Path | None = None
    password_variable: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(given is not None for given in (self.test_index, self.alias, self.keystore)) != 1:
            raise ValueError("give one of test_index, alias and keystore")
        passwords = sum(given is not None for given in (self.password_file, self.password_variable))
        if self.test_index is None and passwords != 1:
            raise ValueError("give either password_file or password_variable with alias or keystore")
        if self.test_index is not None and passwords:
            raise ValueError("a test account has no password")
        return self


class TransactionsPlan(PlanPart):
    """How transactions are sent.

    Attributes:
        max_gas_price_gwei: most that a unit of gas may cost, base and priority fee together; no limit when left out.
        timeout: seconds after which a transaction that is not mined is an error; the next run takes it up.
        confirmations: blocks to wait on top of the last transaction's before the deployment is checked and recorded.
    """

    max_gas_price_gwei: float | None = Field(default=None, gt=0)
    timeout: float = Field(default=300.0, gt=0)
    confirmations: int = Field(default=0, ge=0, le=1000)

    @property
    def gas_price_cap(self) -> int | None:
        """Most wei per gas."""
        return None if self.max_gas_price_gwei is None else int(self.max_gas_price_gwei * _GWEI)
