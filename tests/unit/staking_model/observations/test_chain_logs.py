"""Event logs as a node gives them, encoded by hand."""

import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from staking_model.market import Move, StakeEvent
from staking_model.observations.chain_logs import observed, stake_events
from staking_model.observations.log_store import ChainLog
from statements.errors import ChainError

DEPOSIT, OBSERVER = "0x" + "dd" * 20, "0x" + "0b" * 20
FIRST, SECOND, THIRD = (to_checksum_address("0x" + digit * 40) for digit in "123")
USER = to_checksum_address("0x" + "aa" * 20)
OBSERVATION = "(uint96,uint96,uint40,uint8,uint16,uint104,uint104,uint32,bool)"


def log(
    signature: str, indexed: tuple[str, ...] = (), data: bytes = b"", *, block: int = 1, by: str = DEPOSIT
) -> ChainLog:
    topics = ("0x" + keccak(text=signature).hex(), *("0x" + "00" * 12 + address[2:].lower() for address in indexed))
    return ChainLog(block, 0, block * 12, by, topics, data)


def listed(token: str) -> ChainLog:
    return log("WhitelistedTokenAdded(address)", (token,))


def moved(name: str, token: str, amount: int, block: int = 1) -> ChainLog:
    if name == "Deposit":
        return log("Deposit(address,address,uint256)", (USER, token), encode(["uint256"], [amount]), block=block)
    data = encode(["uint256", "address"], [amount, USER])
    return log("Withdraw(address,address,uint256,address)", (USER, token), data, block=block)


def all_withdrawn(*amounts: int, block: int = 9) -> ChainLog:
    return log("WithdrawTokens(address,uint256[])", (USER,), encode(["uint256[]"], [list(amounts)]), block=block)


def test_stake_events_deposit_and_withdrawal_are_told_by_token_and_time() -> None:
    logs = [
        listed(FIRST),
        moved("Deposit", FIRST, 50, 2),
        moved("Deposit", SECOND, 7, 3),
        moved("Withdraw", FIRST, 20, 4),
    ]
    found = stake_events(logs, DEPOSIT.upper().replace("0X", "0x"))
    assert found[FIRST] == [
        StakeEvent(24, FIRST, USER, Move.DEPOSIT, 50),
        StakeEvent(48, FIRST, USER, Move.WITHDRAW, 20),
    ]
    assert [event.amount for event in found[SECOND]] == [7]


def test_stake_events_withdraw_tokens_follows_the_whitelist_through_removals() -> None:
    """The contract fills the place of a token that is removed with the last one."""
    logs = [listed(FIRST), listed(SECOND), listed(THIRD), log("WhitelistedTokenRemoved(address)", (FIRST,))]
    found = stake_events([*logs, all_withdrawn(33, 0)], DEPOSIT)
    assert found == {THIRD: [StakeEvent(108, THIRD, USER, Move.WITHDRAW, 33)]}
    removed_last = stake_events([*logs, log("WhitelistedTokenRemoved(address)", (SECOND,)), all_withdrawn(5)], DEPOSIT)
    assert list(removed_last) == [THIRD]


def test_stake_events_logs_that_begin_too_late_raise() -> None:
    with pytest.raises(ChainError, match="block 9 withdraws 2 tokens, the whitelist has 1"):
        stake_events([listed(FIRST), all_withdrawn(1, 2)], DEPOSIT)
    with pytest.raises(ChainError, match="was never listed"):
        stake_events([log("WhitelistedTokenRemoved(address)", (FIRST,))], DEPOSIT)


def test_stake_events_other_contracts_and_events_are_passed_over() -> None:
    other = moved("Deposit", FIRST, 50)
    foreign = ChainLog(other.block, 0, other.time, OBSERVER, other.topics, other.data)
    unknown = log("ClaimPoints(address,uint256)", (USER,), encode(["uint256"], [1]))
    assert stake_events([foreign, unknown], DEPOSIT) == {}


def test_stake_events_malformed_log_names_block_and_event() -> None:
    broken = log("Deposit(address,address,uint256)", (USER, FIRST), b"\x01", block=7)
    with pytest.raises(ChainError, match="log 0 of block 7 is no Deposit of OmronDeposit"):
        stake_events([broken], DEPOSIT)
    with pytest.raises(ChainError, match="log 0 of block 1 is no Deposit"):
        stake_events([log("Deposit(address,address,uint256)", (USER,), encode(["uint256"], [1]))], DEPOSIT)


def test_observed_holds_every_figure() -> None:
    values = (1_05 * 10**16, 10**18, 3600, 2, 3, 10**24, 10**26, 55, False)
    data = encode([OBSERVATION], [values])
    made = log(f"Observed(address,uint32,{OBSERVATION})", (FIRST,), data, by=OBSERVER)
    made = ChainLog(1, 0, 12, OBSERVER, (*made.topics, "0x" + (480_000).to_bytes(32, "big").hex()), data)
    (observation,) = observed([made], OBSERVER)[FIRST]
    assert observation.epoch == 480_000
    assert (observation.rate, observation.price, observation.observed_at) == values[:3]
    assert (observation.elapsed, observation.config_version, observation.mean_total) == values[3:6]
    assert (observation.supply, observation.price_age, observation.carried) == values[6:]
