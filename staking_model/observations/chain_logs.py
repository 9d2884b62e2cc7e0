"""What the event logs of observer and deposit contract say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic
from eth_utils.address import to_checksum_address

from staking_model.chain_source import decode_words
from staking_model.market import Move, StakeEvent
from staking_model.observations.log_store import ChainLog
from statements.abi import load_abi
from statements.errors import ChainError
from statements.observation import Observation

OBSERVER_EVENTS: Final = ("Observed",)
DEPOSIT_EVENTS: Final = ("Deposit", "Withdraw", "WithdrawTokens", "WhitelistedTokenAdded", "WhitelistedTokenRemoved")


@dataclass(frozen=True)
class _Decoded:
    name: str
    fields: dict[str, Any]


def observed(logs: Iterable[ChainLog], observer: str) -> dict[str, list[Observation]]:
    """Observations as they were recorded, by asset, in the chain's order; what was carried is not among them.

    Raises:
        ChainError: a log is not what the contract's interface says.
    """
    found: dict[str, list[Observation]] = {}
    for log in logs:
        event = _decoded(log, "AssetObserver", OBSERVER_EVENTS) if log.address == observer.lower() else None
        if event is not None:
            made = _observation(event.fields["epoch"], event.fields["observation"])
            found.setdefault(event.fields["asset"], []).append(made)
    return found


def stake_events(logs: Iterable[ChainLog], deposit: str) -> dict[str, list[StakeEvent]]:
    """Deposits and withdrawals by token, in the chain's order.

    ``WithdrawTokens`` gives amounts in the order of the whitelist, which is followed from its own events: a node need
    not hold old state for that.

    Raises:
        ChainError: a log is not what the contract's interface says, or the logs do not begin with the contract's first.
    """
    whitelist: list[str] = []
    found: dict[str, list[StakeEvent]] = {}
    for log in logs:
        event = _decoded(log, "OmronDeposit", DEPOSIT_EVENTS) if log.address == deposit.lower() else None
        if event is None:
            continue
        if event.name == "WhitelistedTokenAdded":
            whitelist.append(event.fields["token"])
        elif event.name == "WhitelistedTokenRemoved":
            _remove(whitelist, event.fields["token"], log)
        else:
            for made in _stake_events(event, whitelist, log):
                found.setdefault(made.asset, []).append(made)
    return found


def _stake_events(event: _Decoded, whitelist: list[str], log: ChainLog) -> Iterator[StakeEvent]:
    fields = event.fields
    if event.name != "WithdrawTokens":
        move = Move.DEPOSIT if event.name == "Deposit" else Move.WITHDRAW
        yield StakeEvent(log.time, fields["token"], fields["user"], move, fields["amount"])
        return
    if len(fields["amounts"]) != len(whitelist):
        raise ChainError(
            f"block {log.block} withdraws {len(fields['amounts'])} tokens, the whitelist has {len(whitelist)}",
            remedy="Read from the block in which the deposit contract was deployed, or before",
        )
    for token, amount in zip(whitelist, fields["amounts"], strict=True):
        if amount:
            yield StakeEvent(log.time, token, fields["user"], Move.WITHDRAW, amount)


def _remove(whitelist: list[str], token: str, log: ChainLog) -> None:
    """As the contract does: the last one takes its place."""
    if token not in whitelist:
        raise ChainError(
            f"block {log.block} delists {token}, which was never listed",
            remedy="Read from the block in which the deposit contract was deployed, or before",
        )
    whitelist[whitelist.index(token)] = whitelist[-1]
    whitelist.pop()


def _observation(epoch: int, values: tuple[Any, ...]) -> Observation:
    rate, price, observed_at, elapsed, config, mean_total, supply, price_age, carried = values
    return Observation(
        epoch=epoch,
        rate=rate,
        price=price,
        observed_at=observed_at,
        elapsed=elapsed,
        config_version=config,
        mean_total=mean_total,
        supply=supply,
        price_age=price_age,
        carried=carried,
    )


@cache
def _topics(contract: str, names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    events = (entry for entry in load_abi(contract) if entry["type"] == "event" and entry["name"] in names)
    # the types of an ABI entry are narrower there than JSON knows
    return {"0x" + event_abi_to_log_topic(entry).hex(): entry for entry in events}  # type: ignore[arg-type]


def _decoded(log: ChainLog, contract: str, names: tuple[str, ...]) -> _Decoded | None:
    """The event, None when it is another one of the contract's."""
    entry = _topics(contract, names).get(log.topics[0] if log.topics else "")
    if entry is None:
        return None
    indexed = [part for part in entry["inputs"] if part["indexed"]]
    plain = [part for part in entry["inputs"] if not part["indexed"]]
    try:
        values = [
            decode_words([part["type"]], bytes.fromhex(topic[2:]))[0]
            for part, topic in zip(indexed, log.topics[1:], strict=True)
        ]
        if plain:
            values += decode_words([collapse_if_tuple(part) for part in plain], log.data)
    except (DecodingError, ValueError) as error:
        raise ChainError(
            f"log {log.position} of block {log.block} is no {entry['name']} of {contract}: {error}",
            remedy="Check the contract's address",
        ) from error
    parts = [*indexed, *plain]
    return _Decoded(
        entry["name"],
        {
            part["name"]: to_checksum_address(value) if part["type"] == "address" else value
            for part, value in zip(parts, values, strict=True)
        },
    )
