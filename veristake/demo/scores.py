"""Reads what landed: verified scores, the adapters, and what the sample lending protocol makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from statements.abi import load_abi
from statements.deployment import Deployment
from statements.publication import Publication
from veristake.demo.anvil import LocalChain, contract_at
from veristake.demo.market_player import KEEPER
from veristake.demo.processes import DemoError
from veristake.demo.result import LoanResult, ScoreResult

_WAD = 10**18
_BUG = "This is a bug worth reporting, with build/demo/logs"


def read_scores(
    chain: LocalChain,
    deployment: Deployment,
    jobs: Iterable[Mapping[str, Any]],
    publications: Mapping[str, Publication],
) -> list[ScoreResult]:
    """The latest score of each asset, read from the feed as a protocol would.

    Args:
        chain: where to read.
        deployment: its contracts.
        jobs: the relayer's account of its submissions.
        publications: what the validator published, by token.

    Raises:
        DemoError: the feed holds another epoch than was published.
    """
    feed = contract_at(chain.web3, deployment.address("RiskFeed"), load_abi("RiskFeed"))
    submitted = {job["asset"]: job for job in jobs if job["chain_id"] == chain.chain_id}
    scores = []
    for symbol, asset in deployment.assets.items():
        publication, job = publications[asset.token], submitted[asset.token]
        subject = publication.inference.subject
        epoch, _, _, duration, risk = feed.functions.latestScore(subject.model_id, asset.token).call()
        if epoch != subject.epoch:
            raise DemoError(
                f"chain {chain.chain_id} holds epoch {epoch} of {symbol}, published was {subject.epoch}", remedy=_BUG
            )
        scores.append(
            ScoreResult(
                asset=symbol,
                chain_id=chain.chain_id,
                epoch=epoch,
                staking_duration_seconds=duration,
                exit_risk=risk / _WAD,
                gas=job["gas_used"],
                transaction=job["transaction"],
                prove_seconds=round(publication.inference.prove_seconds, 3),
                land_seconds=round(job["included_at"] - job["published_at"], 3),
            )
        )
    return scores


def refresh_loans(chain: LocalChain, deployment: Deployment) -> list[LoanResult]:
    """Have the sample protocol read the feed, and say what it lends."""
    name = "SampleLendingProtocol"
    lending = contract_at(chain.web3, deployment.address(name), load_abi(name))
    keeper = chain.accounts[KEEPER]
    # all are sent before the first is waited for: a block comes only every second
    sent = {
        symbol: lending.functions.refresh(asset.token).transact({"from": keeper}).to_0x_hex()
        for symbol, asset in deployment.assets.items()
    }
    loans = []
    for symbol, asset in deployment.assets.items():
        if chain.wait_for(sent[symbol])["status"] != 1:
            raise DemoError(f"the lending protocol could not refresh {symbol} on chain {chain.chain_id}", remedy=_BUG)
        loans.append(
            LoanResult(
                asset=symbol,
                chain_id=chain.chain_id,
                loan_to_value_bps=lending.functions.loanToValueOf(asset.token).call(),
            )
        )
    return loans
