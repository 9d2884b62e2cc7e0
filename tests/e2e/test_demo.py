"""The demo, checked against the chains it leaves running."""

import json
import socket
from urllib.parse import urlsplit

import pytest
from eth_utils.crypto import keccak
from web3 import Web3

from tests.e2e.conftest import PROJECT, KeptDemo, stop_demo
from tests.e2e.recomputation import factors, features, float_outputs, observations

HOME, ABROAD = 31337, 31338
MAXIMUM_DURATION = 30 * 24 * 3600
ROUNDING = 0.004
"""What fixed point may change of an output in [0, 1]; measured: at most 0.0011 (docs/circuits.md)."""
ERRORS = {
    "ProofInvalid": "ProofInvalid(bytes32,uint16)",
    "EpochNotNewer": "EpochNotNewer(uint32,uint32)",
    "EpochInFuture": "EpochInFuture(uint32,uint32)",
    "AlreadyRecorded": "AlreadyRecorded(bytes32,address,uint32)",
    "InstanceNotInField": "InstanceNotInField(uint256,uint256)",
    "NotAnAttester": "NotAnAttester(address)",
    "PriceStale": "PriceStale(address,uint256,uint256)",
}
ATTACKS = {
    "output changed by one unit": "ProofInvalid",
    "another asset's proof": "ProofInvalid",
    "proof of another circuit": "ProofInvalid",
    "changed request tag": "ProofInvalid",
    "instance plus the field modulus": "InstanceNotInField",
    "old epoch": "EpochNotNewer",
    "future epoch": "EpochInFuture",
    "same round twice": "AlreadyRecorded",
}


def deployment(chain_id: int) -> dict:
    return json.loads((PROJECT / "build" / "deployments" / f"{chain_id}.json").read_text("utf-8"))


def chain(demo: KeptDemo, chain_id: int) -> Web3:
    return Web3(Web3.HTTPProvider(demo.endpoint(f"chain {chain_id}")))


def test_scores_every_asset_has_one_on_both_chains(demo: KeptDemo) -> None:
    found = {(score["asset"], score["chain_id"]) for score in demo.result["scores"]}
    assert found == {(asset, c) for asset in ("ezETH", "weETH", "wETH") for c in (HOME, ABROAD)}
    assert len({score["epoch"] for score in demo.result["scores"]}) == 1


def test_scores_abroad_equal_those_at_home(demo: KeptDemo) -> None:
    by_chain = {HOME: {}, ABROAD: {}}
    for score in demo.result["scores"]:
        by_chain[score["chain_id"]][score["asset"]] = (score["staking_duration_seconds"], score["exit_risk"])
    assert by_chain[HOME] == by_chain[ABROAD]


def test_scores_depegged_asset_is_at_least_twice_as_risky_as_calm_ones(demo: KeptDemo) -> None:
    risk = {score["asset"]: score["exit_risk"] for score in demo.result["scores"] if score["chain_id"] == HOME}
    assert risk["ezETH"] >= 2 * risk["weETH"]
    assert risk["ezETH"] >= 2 * risk["wETH"]
    assert len(set(risk.values())) == 3
    assert len({score["staking_duration_seconds"] for score in demo.result["scores"]}) == 3


def test_scores_equal_an_independent_recomputation(demo: KeptDemo) -> None:
    web3, home = chain(demo, HOME), deployment(HOME)
    for score in demo.result["scores"]:
        token = home["assets"][score["asset"]]["token"]
        chosen = factors(web3, home["observer"], token)
        inputs = features(observations(web3, home["observer"], token), score["epoch"], chosen)
        duration, risk = float_outputs(inputs, chosen[-1])
        assert score["exit_risk"] == pytest.approx(risk, abs=ROUNDING)
        assert score["staking_duration_seconds"] == pytest.approx(
            duration * MAXIMUM_DURATION, abs=ROUNDING * MAXIMUM_DURATION
        )


def test_scores_transactions_are_on_the_chains_with_the_gas_told(demo: KeptDemo) -> None:
    for score in demo.result["scores"]:
        receipt = chain(demo, score["chain_id"]).eth.get_transaction_receipt(score["transaction"])
        assert receipt["status"] == 1
        assert receipt["gasUsed"] == score["gas"]
        assert receipt["to"] == deployment(score["chain_id"])["contracts"]["RiskFeed"]["address"]
        assert score["prove_seconds"] > 0
        assert score["land_seconds"] > 0


def test_adapters_answer_like_a_price_feed(demo: KeptDemo) -> None:
    selector = keccak(text="latestRoundData()")[:4]
    for score in demo.result["scores"]:
        web3 = chain(demo, score["chain_id"])
        feed = deployment(score["chain_id"])["assets"][score["asset"]]["exit_risk_feed"]
        answer = web3.eth.call({"to": feed, "data": "0x" + selector.hex()})
        round_id, value, _, updated_at, _ = web3.codec.decode(
            ["uint80", "int256", "uint256", "uint256", "uint80"], bytes(answer)
        )
        assert round_id == score["epoch"]
        assert value / 1e8 == pytest.approx(score["exit_risk"], abs=1e-8)
        assert updated_at // 3600 == score["epoch"]


def test_loans_riskier_asset_is_lent_less(demo: KeptDemo) -> None:
    for chain_id in (HOME, ABROAD):
        risk = {score["asset"]: score["exit_risk"] for score in demo.result["scores"] if score["chain_id"] == chain_id}
        loans = {
            loan["asset"]: loan["loan_to_value_bps"] for loan in demo.result["loans"] if loan["chain_id"] == chain_id
        }
        assert sorted(loans, key=loans.__getitem__) == sorted(risk, key=risk.__getitem__, reverse=True)
        assert loans["ezETH"] < 0.75 * min(loans["weETH"], loans["wETH"])


def test_attacks_are_those_promised_on_each_chain(demo: KeptDemo) -> None:
    expected = {(name, c): error for name, error in ATTACKS.items() for c in (HOME, ABROAD)}
    expected["stale market price", HOME] = "PriceStale"
    expected["inputs attested by a stranger", ABROAD] = "NotAnAttester"
    assert {(a["name"], a["chain_id"]): a["expected"] for a in demo.result["attacks"]} == expected


def test_attacks_each_is_refused_with_its_named_error_beside_an_honest_call(demo: KeptDemo) -> None:
    for attack in demo.result["attacks"]:
        selector = keccak(text=ERRORS[attack["expected"]])[:4]
        assert bytes.fromhex(attack["revert_data"][2:])[:4] == selector, attack
        assert attack["observed"].startswith(attack["expected"] + "(")
        assert attack["unaltered_succeeded"] is True
        assert attack["rejected"] is True


def test_stages_each_has_its_seconds(demo: KeptDemo) -> None:
    assert set(demo.result["stages"]) == {
        "circuits", "compile", "chains", "deploy", "market", "prove", "land", "read", "attack",
    }  # fmt: skip


def test_keep_prints_urls_and_a_line_per_feed(demo: KeptDemo) -> None:
    text = demo.log.read_text("utf-8")
    assert text.count("cast call 0x") == 12
    assert all(url in text for url in demo.result["endpoints"].values())


def test_stop_by_ctrl_c_nothing_answers_any_more(demo: KeptDemo) -> None:
    assert stop_demo(demo) == 130
    for url in demo.result["endpoints"].values():
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", urlsplit(url).port)) != 0, url
