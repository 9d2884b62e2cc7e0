"""What the admin may change in ordinary operation, changed on a real Anvil: each is named with both values."""

import json

from tests.deployment.support import OTHER, contract, execute, found, pass_time, read, transact

STRANGER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
DAY = 24 * 3600


def changed_config(chain, **changes):
    """Have the admin follow ezETH's config with another one."""
    _, web3, path = chain
    deployment = read(path)
    asset = deployment.assets["ezETH"]
    observed = asset.observed
    config = {
        "rateProvider": asset.rate_provider,
        "priceFeed": asset.price_feed,
        "heartbeat": observed.heartbeat,
        "features": observed.features,
    }
    config |= changes
    # a config's successor waits for its predecessor, which is read from its first epoch on
    execute(web3, deployment, "AssetObserver", "addAssetConfig", asset.token, tuple(config.values()))
    differences = found(chain)
    assert differences.pop("ezETH.config_version") == ("1", "2")
    return differences


def test_check_changed_heartbeat_is_named(home):
    assert changed_config(home, heartbeat=3600) == {"ezETH.heartbeat": ("86400", "3600")}


def test_check_changed_rate_provider_and_price_feed_are_named(home):
    asset, other = (read(home[2]).assets[symbol] for symbol in ("ezETH", "weETH"))
    assert changed_config(home, rateProvider=other.rate_provider, priceFeed=other.price_feed) == {
        "ezETH.rate_provider": (asset.rate_provider, other.rate_provider),
        "ezETH.price_feed": (asset.price_feed, other.price_feed),
    }


def test_check_each_changed_feature_parameter_is_named(home):
    recorded = read(home[2]).assets["ezETH"].observed.features
    names = ("premium_factor", "premium_change_factor", "flow_factor", "rate_growth_factor", "input_scale_bits")
    expected = {
        f"ezETH.features.{name}": (str(value), str(value + place + 1))
        for place, (name, value) in enumerate(zip(names, recorded, strict=True))
    }
    changed = tuple(value + place + 1 for place, value in enumerate(recorded[:4]))
    # a scale of more than 14 bits is refused
    expected["ezETH.features.input_scale_bits"] = (str(recorded[4]), str(recorded[4] - 1))
    assert changed_config(home, features=(*changed, recorded[4] - 1)) == expected


def test_check_changed_limits_of_scores_are_named(home):
    _, web3, path = home
    deployment = read(path)
    execute(web3, deployment, "RiskFeed", "setLimits", deployment.assets["weETH"].token, (1800, 3600))
    assert found(home) == {
        "weETH.limits.heartbeat": ("3600 s", "1800 s"),
        "weETH.limits.maximum_age": ("7200 s", "3600 s"),
    }


def test_check_changed_whitelist_is_named_token_by_token(home):
    _, web3, path = home
    deployment = read(path)
    token = deployment.assets["wETH"].token
    execute(web3, deployment, "OmronDeposit", "removeWhitelistedToken", token)
    execute(web3, deployment, "OmronDeposit", "addWhitelistedToken", STRANGER)
    assert found(home) == {
        f"token {token} of OmronDeposit": ("listed", "not listed"),
        f"token {STRANGER} of OmronDeposit": ("not listed", "listed"),
    }


def test_check_announced_and_accepted_attesters_are_named(abroad):
    _, web3, path = abroad
    deployment = read(path)
    execute(web3, deployment, "AttestedInputs", "announceAttesters", [STRANGER, deployment.observer], 2)
    ((what, (recorded, live)),) = found(abroad).items()
    assert (what, recorded) == ("AttestedInputs announced attesters", "none")
    assert live.startswith(f"2 of {STRANGER}, {deployment.observer} from ")
    pass_time(web3, DAY)
    transact(web3, contract(web3, deployment, "AttestedInputs").functions.acceptAttesters())
    assert found(abroad) == {
        f"attester {OTHER} of AttestedInputs": ("may sign", "may not sign"),
        f"attester {STRANGER} of AttestedInputs": ("may not sign", "may sign"),
        f"attester {deployment.observer} of AttestedInputs": ("may not sign", "may sign"),
        "AttestedInputs.threshold": ("1", "2"),
    }


def test_check_stopped_source_is_named(home, abroad):
    _, web3, path = abroad
    transact(web3, contract(web3, read(path), "AttestedInputs").functions.stopAttesting())
    assert found(abroad) == {"AttestedInputs.stopped": ("False", "True")}


def test_check_aggregator_that_reads_another_asset_is_named_with_its_targets(home):
    """The code of one adapter at the address of another: only their immutables differ."""
    _, web3, path = home
    deployment = read(path)
    name, other = "RiskFeedAggregator:ezETH:exit_risk", "RiskFeedAggregator:weETH:staking_duration"
    address = deployment.address(name)
    code = web3.eth.get_code(deployment.address(other))
    web3.provider.make_request("anvil_setCode", [address, "0x" + code.hex()])
    differences = found(home)
    assert differences.pop(f"{name} at {address}")[0].startswith("code 0x")
    assert differences == {
        f"{name}.ASSET": (deployment.assets["ezETH"].token, deployment.assets["weETH"].token),
        f"{name}.OUTPUT": ("1", "0"),
    }


def test_check_consumer_adapter_that_reads_another_feed_is_named(home):
    """The record's own pointer changed: code and record are compared with each other as well."""
    url, web3, path = home
    recorded = json.loads(path.read_text("utf-8"))
    recorded["settings"]["RiskOracleAdapter"]["FEED"] = STRANGER
    altered = path.with_name("altered.json")
    altered.write_text(json.dumps(recorded), "utf-8")
    pair = (STRANGER, read(path).address("RiskFeed"))
    assert found((url, web3, altered)) == {"RiskOracleAdapter.FEED": pair}


def test_check_listings_that_differ_are_named_field_by_field(home):
    """A listing is for ever, so most of these can only differ where the record is wrong."""
    url, web3, path = home
    deployment = read(path)
    recorded = json.loads(path.read_text("utf-8"))
    ezeth, weeth = (deployment.assets[symbol] for symbol in ("ezETH", "weETH"))
    recorded["assets"]["ezETH"] |= {
        "base_loan_to_value_bps": 7000,
        "exit_risk_feed": weeth.exit_risk_feed,
    }
    recorded["assets"]["weETH"]["token"] = OTHER
    altered = path.with_name("altered.json")
    altered.write_text(json.dumps(recorded), "utf-8")
    lending = {what: pair for what, pair in found((url, web3, altered)).items() if "Lending" in what}
    assert lending == {
        "ezETH.base_loan_to_value_bps in SampleLendingProtocol": ("7000", "7500"),
        "ezETH.exit_risk_feed in SampleLendingProtocol": (weeth.exit_risk_feed, ezeth.exit_risk_feed),
        "weETH in SampleLendingProtocol": ("listed", "not listed"),
        f"asset {weeth.token} of SampleLendingProtocol": ("not listed", "listed"),
    }


def test_check_asset_that_the_admin_listed_beside_is_named(home):
    _, web3, path = home
    deployment = read(path)
    feed = deployment.assets["ezETH"].exit_risk_feed
    execute(web3, deployment, "SampleLendingProtocol", "listAsset", STRANGER, feed, 9500)
    assert found(home) == {f"asset {STRANGER} of SampleLendingProtocol": ("not listed", "listed")}


def test_check_record_of_an_earlier_release_compares_what_it_has(home):
    """Without configs, limits, listings and attesters; nothing is called different for being unknown."""
    url, web3, path = home
    recorded = json.loads(path.read_text("utf-8"))
    for asset in recorded["assets"].values():
        del asset["observed"], asset["limits"], asset["base_loan_to_value_bps"]
    for model in recorded["models"].values():
        del model["vka_digest"]
    del recorded["attesters"]
    altered = path.with_name("altered.json")
    altered.write_text(json.dumps(recorded), "utf-8")
    assert found((url, web3, altered)) == {}
