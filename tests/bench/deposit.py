"""What deposit, exit and claim cost as whole transactions, and how large the contract is."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.bench.benchmark import Benchmark, Figures
from tests.integration.deposit_gas import measured_deposit_gas

PROJECT = Path(__file__).resolve().parents[2]
SIZES_AND_COVERAGE = PROJECT / "tests" / "foundry" / "snapshot.json"


def measure() -> Figures:
    """One chain; size and coverage are those of the committed snapshot."""
    with tempfile.TemporaryDirectory() as folder:
        figures: Figures = dict(measured_deposit_gas(Path(folder)))
    snapshot = json.loads(SIZES_AND_COVERAGE.read_text("utf-8"))
    figures["contract_bytes"] = snapshot["bytes"]["OmronDeposit"]
    figures["branch_coverage_percent"] = snapshot["deposit_branch_coverage_percent"]
    return figures


BENCHMARK = Benchmark(
    name="deposit",
    title="Depositing, leaving and claiming",
    method="Gas of whole transactions on Anvil, an hour after the one before, every slot cold; warm is the same "
    "transaction with all that it touches in its access list, without the list's own gas (EIP-2930). The token is "
    "OpenZeppelin's ERC-20 with an unlimited allowance; another restaker's deposit keeps the contract's balance of it "
    "non-zero.",
    meanings={
        "deposit_first": "first deposit of a new user (limit 105,000; the contract on mainnet: 122,034)",
        "deposit_first_warm": "the same, warm",
        "deposit_first_of_token": "the same, when nobody has deposited the token before (139,134)",
        "deposit_first_finite_allowance": "first deposit where the token writes a finite allowance back",
        "deposit_second_token": "first deposit of a second token (94,374)",
        "deposit_later": "later deposit of the same token (limit 74,000; 77,274)",
        "deposit_later_warm": "the same, warm",
        "deposit_next_season": "later deposit, the user's last being in the season before",
        "deposit_after_32_seasons": "later deposit, 32 seasons after the user's last",
        "exit_one": "withdrawing all of a token; points and the recipient's balance non-zero (limit 60,000)",
        "exit_one_warm": "the same, warm",
        "exit_part": "withdrawing a part of a token; no slot is emptied, so nothing is given back",
        "exit_to_new_recipient": "withdrawing to a recipient without a balance (limit 95,000)",
        "claim": "the claim manager takes a user's points (limit 38,000; 41,555)",
        "claim_warm": "the same, warm",
        "withdraw_tokens_of_five": "the claim manager takes a user's five tokens (213,953)",
        "contract_bytes": "runtime code of OmronDeposit, bytes (limit 24,576)",
        "branch_coverage_percent": "branches of contracts/deposit that Foundry's tests take",
    },
    measure=measure,
)
