"""How a table of history is laid out, and the layouts of public data sets that are known by name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from statements.errors import VeristakeError

HOUR: Final = 3600
DAY: Final = 86400


class HistoryError(VeristakeError):
    """A table of history that cannot be read."""


@dataclass(frozen=True)
class Columns:
    """Names of the columns in the file.

    Attributes:
        timestamp: of the row.
        rate: fair rate, ETH per token.
        price: market price, ETH per token.
        supply: total supply, whole tokens; may be missing.
        total: stake whose flow is watched, whole tokens; may be missing.
    """

    timestamp: str = "timestamp"
    rate: str = "rate"
    price: str = "price"
    supply: str = "supply"
    total: str = "total"

    @classmethod
    def parse(cls, text: str) -> Columns:
        """Read ``rate=protocol_rate_eth,price=market_rate_eth``; what is not named keeps its own name.

        Raises:
            HistoryError: not of that form.
        """
        known = {field.name for field in fields(cls)}
        chosen: dict[str, str] = {}
        for part in filter(None, text.split(",")):
            ours, equals, theirs = (piece.strip() for piece in part.partition("="))
            if ours not in known or not equals or not theirs:
                raise HistoryError(
                    f"column mapping {part!r} is not understood",
                    remedy=f"Write OURS=THEIRS with ours among {', '.join(sorted(known))}, separated by commas",
                )
            chosen[ours] = theirs
        return cls(**chosen)


@dataclass(frozen=True)
class Layout:
    """How to read a table.

    Attributes:
        columns: names of its columns.
        epoch_seconds: step of the observations made from it.
        newest_first: rows run backward in time.
        unit_rate: there is no rate column: the token rebases, so one token is one ETH of claim throughout.
        price_at_rate: there is no price column: the price is taken equal to the rate, so the premium is 0.
        price_in_wei: the price is an integer at 1e18.
        skip_blank: rows with an empty cell in a mapped column are left out, not refused.
        rate_delay: seconds by which the rate is taken late, against rates that were interpolated with hindsight.
    """

    columns: Columns = Columns()
    epoch_seconds: int = HOUR
    newest_first: bool = False
    unit_rate: bool = False
    price_at_rate: bool = False
    price_in_wei: bool = False
    skip_blank: bool = False
    rate_delay: int = 0

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that the file must have."""
        names = [self.columns.timestamp]
        if not self.unit_rate:
            names.append(self.columns.rate)
        if not self.price_at_rate:
            names.append(self.columns.price)
        return tuple(names)


WEETH_PEG_COLUMNS: Final = Columns(rate="protocol_rate_eth", price="market_rate_eth_median24h")
"""Columns of the public hourly weETH peg series (rate and price against ETH)."""

LAYOUTS: Final[dict[str, Layout]] = {
    "hourly": Layout(),
    "daily": Layout(epoch_seconds=DAY),
    # the market column is a rolling median over 24 hours: it is as late as it is smooth
    "weeth-peg": Layout(columns=WEETH_PEG_COLUMNS),
    "weeth-peg-strict": Layout(columns=WEETH_PEG_COLUMNS, rate_delay=DAY),
    "steth-rounds": Layout(
        columns=Columns(timestamp="update", price="answer"),
        epoch_seconds=DAY,
        newest_first=True,
        unit_rate=True,
        price_in_wei=True,
    ),
    "steth-daily": Layout(
        columns=Columns(timestamp="date", price="chainlink_last"), epoch_seconds=DAY, unit_rate=True, skip_blank=True
    ),
    "steth-daily-flow": Layout(
        columns=Columns(timestamp="date", price="chainlink_last", supply="lido_eth_tvl", total="lido_eth_tvl"),
        epoch_seconds=DAY,
        unit_rate=True,
        skip_blank=True,
    ),
    "reth-rate": Layout(
        columns=Columns(timestamp="time_utc", rate="rate_eth_per_reth", supply="reth_supply"),
        epoch_seconds=DAY,
        price_at_rate=True,
    ),
}
"""Layouts by name; those of public data sets carry that data set's traps."""
