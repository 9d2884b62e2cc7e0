"""Plays a market on the home chain: rates and prices move, restakers act, each epoch is observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from staking_model.market import Market, Move, Point, RestakerMove
from statements.abi import load_abi
from statements.deployment import DeployedAsset, Deployment
from veristake.demo.anvil import LocalChain, contract_at
from veristake.demo.mock_abi import MOCK_ABI
from veristake.demo.processes import DemoError

OWNER, KEEPER, FIRST_RESTAKER = 0, 1, 6
"""Which of Anvil's accounts plays which role; 2 pays the relayer's account."""
_GAS = 1_000_000
_UNLIMITED = (1 << 256) - 1
_OBSERVE_DELAY, _MOVE_DELAY = 12, 24
"""Seconds after the market has moved at which an epoch is observed, and at which restakers act."""


@dataclass(frozen=True)
class PlayedMarket:
    """What was played.

    Attributes:
        first_epoch: epoch number on the chain of the market's epoch 0.
        last_epoch: epoch number of the last one, which is scored.
        deposits: number of deposits made.
        withdrawals: number of withdrawals made.
    """

    first_epoch: int
    last_epoch: int
    deposits: int
    withdrawals: int


class MarketPlayer:
    """Sends the market's transactions from the node's unlocked accounts.

    Args:
        chain: home chain.
        deployment: its contracts.
        market: what to play; timestamps are the chain's.
    """

    def __init__(self, chain: LocalChain, deployment: Deployment, market: Market) -> None:
        self._chain, self._deployment, self._market = chain, deployment, market
        self._accounts = chain.accounts
        self._observer = contract_at(chain.web3, deployment.address("AssetObserver"), load_abi("AssetObserver"))
        self._deposit = contract_at(chain.web3, deployment.address("OmronDeposit"), load_abi("OmronDeposit"))
        names = sorted({move.restaker for move in market.moves})
        if FIRST_RESTAKER + len(names) > len(self._accounts):
            raise DemoError(
                f"{len(names)} restakers need more accounts than the chain has", remedy="Play a market with fewer roles"
            )
        self._restakers = {name: self._accounts[FIRST_RESTAKER + i] for i, name in enumerate(names)}
        self._minted = {symbol: points[0].supply for symbol, points in market.points.items()}
        self._epoch_length = deployment.epoch_length

    def play(self, progress: Callable[[int, int], None]) -> PlayedMarket:
        """Play every epoch; the chain must be mined by hand and its time before the market's first point.

        Args:
            progress: told epochs done and epochs in all.

        Raises:
            DemoError: a transaction failed.
        """
        self._hand_out_tokens()
        for epoch in range(self._market.epochs):
            points = {symbol: series[epoch] for symbol, series in self._market.points.items()}
            self._move_market(points)
            timestamp = next(iter(points.values())).timestamp
            for point_asset in points:
                self._send(KEEPER, self._observer, "observe", self._asset(point_asset).token)
            self._chain.mine_at(timestamp + _OBSERVE_DELAY)
            for move in self._market.moves_at(epoch):
                self._move_stake(move)
            self._chain.mine_at(timestamp + _MOVE_DELAY)
            progress(epoch + 1, self._market.epochs)
        series = next(iter(self._market.points.values()))
        moves = [move.move for move in self._market.moves]
        return PlayedMarket(
            first_epoch=series[0].timestamp // self._epoch_length,
            last_epoch=series[-1].timestamp // self._epoch_length,
            deposits=moves.count(Move.DEPOSIT),
            withdrawals=moves.count(Move.WITHDRAW),
        )

    def _hand_out_tokens(self) -> None:
        """Restakers hold what they will deposit, out of the supply that the deployer holds."""
        wanted: dict[tuple[str, str], int] = {}
        for move in self._market.moves:
            if move.move is Move.DEPOSIT:
                wanted[move.asset, move.restaker] = wanted.get((move.asset, move.restaker), 0) + move.amount
        for (symbol, restaker), amount in wanted.items():
            token = self._contract(self._asset(symbol).token)
            self._send(OWNER, token, "transfer", self._restakers[restaker], amount)
            index = self._accounts.index(self._restakers[restaker])
            self._send(index, token, "approve", self._deposit.address, _UNLIMITED)
        self._chain.mine_at(self._chain.timestamp + 1)

    def _move_market(self, points: dict[str, Point]) -> None:
        for symbol, point in points.items():
            asset = self._asset(symbol)
            rate_provider, price_feed = _mocks(asset)
            self._send(OWNER, self._contract(rate_provider), "setRate", point.rate)
            self._send(OWNER, self._contract(price_feed), "setAnswer", point.price, point.timestamp)
            change = point.supply - self._minted[symbol]
            if change:
                function = "mint" if change > 0 else "burn"
                self._send(OWNER, self._contract(asset.token), function, self._accounts[OWNER], abs(change))
                self._minted[symbol] = point.supply
        self._chain.mine_at(next(iter(points.values())).timestamp)

    def _move_stake(self, move: RestakerMove) -> None:
        account = self._restakers[move.restaker]
        index = self._accounts.index(account)
        token = self._asset(move.asset).token
        if move.move is Move.DEPOSIT:
            self._send(index, self._deposit, "deposit", token, move.amount)
        else:
            self._send(index, self._deposit, "withdraw", token, move.amount, account)

    def _asset(self, symbol: str) -> DeployedAsset:
        return self._deployment.assets[symbol]

    def _contract(self, address: str) -> Any:
        return contract_at(self._chain.web3, address, MOCK_ABI)

    def _send(self, sender: int, contract: Any, function: str, *arguments: Any) -> None:
        data = contract.encode_abi(function, args=list(arguments))
        transaction = {"from": self._accounts[sender], "to": contract.address, "data": data, "gas": hex(_GAS)}
        self._chain.call("eth_sendTransaction", transaction)


def _mocks(asset: DeployedAsset) -> tuple[str, str]:
    if asset.rate_provider is None or asset.price_feed is None:
        raise DemoError("the deployment has no mocks of rate and price", remedy="Deploy the home chain's plan anew")
    return asset.rate_provider, asset.price_feed
