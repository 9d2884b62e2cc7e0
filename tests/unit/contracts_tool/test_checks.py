"""Refusals before the first transaction that need no chain, or one that cannot be had."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from eth_utils import to_checksum_address
from web3.exceptions import ContractLogicError

from statements.errors import ChainError, CircuitError, ConfigurationError
from statements.instances import InstanceLayout
from tests.unit.manifests import tiny_manifest
from verifier_gen.choices import ChainLayout, VerifierKind, Visibility
from verifier_gen.manifest import sha256_file
from veristake.contracts_tool.account_plan import AccountPlan
from veristake.contracts_tool.checks import (
    check_admin_is_another,
    check_callable_by_the_feed,
    check_feature_scale,
    check_local_only_parts,
    check_precompiles,
    check_roles,
    check_verifier_source,
)
from veristake.contracts_tool.environment import prepare_ape
from veristake.contracts_tool.plan import AssetPlan, ExistingAsset, HomePlan, MockAsset

HASH = "0x" + "00" * 32
TOKEN = "0x" + "11" * 20
EXISTING = AssetPlan(heartbeat=60, existing=ExistingAsset(token=TOKEN, rate_provider=TOKEN, price_feed=TOKEN))
MOCK = AssetPlan(heartbeat=60, mock=MockAsset(price=1, supply=1))


def manifest(**changes):
    layout = InstanceLayout(
        input_count=32, tag_limbs=8, tag_limb_bits=17, output_count=2, input_scale_bits=11, output_scale_bits=11
    )
    return tiny_manifest(layout, **changes)


def home_plan(chain_id=10, **changes):
    known = {
        "chain_id": chain_id,
        "circuit": "circuit",
        "account": AccountPlan(keystore="k", password_file="p"),
        "assets": {"ezETH": EXISTING},
    }
    return HomePlan(**{**known, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_visibility": Visibility.HASHED}, "has hashed inputs"),
        ({"output_visibility": Visibility.PRIVATE}, "has private outputs"),
        ({"param_visibility": Visibility.PRIVATE}, "has private weights"),
        ({"param_visibility": Visibility.HASHED}, "has hashed weights"),
    ],
)
def test_check_callable_by_the_feed_other_circuits_are_refused(changes, message):
    check_callable_by_the_feed(manifest())
    check_callable_by_the_feed(manifest(verifier_kind=VerifierKind.REUSABLE))
    with pytest.raises(CircuitError, match=message):
        check_callable_by_the_feed(manifest(**changes))


@pytest.mark.parametrize("chain_id", [1337, 31337, 31338])
def test_check_local_only_parts_local_chain_takes_everything(chain_id):
    plan = home_plan(chain_id, account=AccountPlan(test_index=0), assets={"ezETH": MOCK})
    check_local_only_parts(plan, manifest())


def test_check_local_only_parts_public_chain_takes_real_parts():
    check_local_only_parts(home_plan(), manifest(dev_srs=False))


@pytest.mark.parametrize(
    ("changes", "dev_srs", "error", "words"),
    [
        ({}, True, CircuitError, "dev SRS"),
        ({"account": AccountPlan(test_index=0)}, False, ConfigurationError, "test_index"),
        ({"assets": {"ezETH": MOCK}}, False, ConfigurationError, "ezETH are mocks"),
    ],
)
def test_check_local_only_parts_public_chain_refuses(changes, dev_srs, error, words):
    with pytest.raises(error, match=words):
        check_local_only_parts(home_plan(**changes), manifest(dev_srs=dev_srs))


ROLES = {"admin": "0x" + "a1" * 20, "proposer": "0x" + "a2" * 20, "guardian": "0x" + "a3" * 20}


def test_check_roles_three_accounts_and_a_delay_are_taken():
    check_roles(home_plan(**ROLES, activation_delay=1))
    check_roles(home_plan(31337))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"admin": None, "guardian": None}, "admin, guardian not named"),
        ({"proposer": None}, "proposer not named"),
        ({"guardian": ROLES["admin"].upper().replace("X", "x")}, "not three accounts"),
        ({"activation_delay": 0}, "activation_delay is 0"),
    ],
)
def test_check_roles_public_chain_refuses(changes, words):
    with pytest.raises(ConfigurationError, match=words):
        check_roles(home_plan(**{**ROLES, "activation_delay": 1, **changes}))


def test_check_admin_is_another_deployer_is_refused():
    plan = home_plan(**ROLES)
    check_admin_is_another(plan, plan.proposer)
    check_admin_is_another(home_plan(), plan.admin)
    with pytest.raises(ConfigurationError, match="is the deploying account"):
        check_admin_is_another(plan, plan.admin)


def test_check_verifier_source_missing_stale_and_right(tmp_path):
    with pytest.raises(CircuitError, match="missing"):
        check_verifier_source(tmp_path, manifest())
    path = tmp_path / "contracts" / "generated" / "TinyVerifier.sol"
    path.parent.mkdir(parents=True)
    path.write_text("contract TinyVerifier {}", "utf-8")
    with pytest.raises(CircuitError, match="stale"):
        check_verifier_source(tmp_path, manifest())
    check_verifier_source(tmp_path, manifest(verifier_source_hash=sha256_file(path)))


def test_check_feature_scale_other_than_the_circuits_is_refused():
    check_feature_scale(home_plan(), manifest())
    check_feature_scale(home_plan(features={"input_scale_bits": 11}), manifest())
    with pytest.raises(ConfigurationError, match="input_scale_bits is 12"):
        check_feature_scale(home_plan(features={"input_scale_bits": 12}), manifest())


@dataclass
class ChainWithout:
    """Answers as a chain that lacks one precompile: the call succeeds and returns nothing. Anvil cannot be made to."""

    missing: int
    asked: list[int] = field(default_factory=list)
    to_checksum_address = staticmethod(to_checksum_address)

    @property
    def eth(self):
        return SimpleNamespace(call=self.call)

    def call(self, transaction):
        address = int(transaction["to"], 16)
        self.asked.append(address)
        if address == self.missing:
            return b""
        twice = "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
        twice += "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"
        if address == 5:
            return b"\x05"
        return bytes.fromhex(twice) if address < 8 else (1).to_bytes(32, "big")


@pytest.mark.parametrize("missing", [5, 6, 7, 8])
def test_check_precompiles_missing_one_is_named(missing):
    with pytest.raises(ChainError, match=rf"0x0{missing} .*\(nothing\)"):
        check_precompiles(ChainWithout(missing), ChainLayout.ETHEREUM)


def test_check_precompiles_asks_all_four():
    chain = ChainWithout(0)
    check_precompiles(chain, ChainLayout.ETHEREUM)
    assert chain.asked == [5, 6, 7, 8]


def test_check_precompiles_subtensor_layout_asks_addition_elsewhere():
    with pytest.raises(ChainError, match=r"0x09 \(bn254 addition\) answers 0x0{63}1"):
        check_precompiles(ChainWithout(0), ChainLayout.SUBTENSOR)


def test_check_precompiles_that_fails_is_named():
    class Failing(ChainWithout):
        def call(self, transaction):
            raise ContractLogicError("execution reverted")

    with pytest.raises(ChainError, match=r"0x05 .*\(nothing\)"):
        check_precompiles(Failing(0), ChainLayout.ETHEREUM)


def test_prepare_ape_without_set_up_names_the_remedy(tmp_path):
    with pytest.raises(ConfigurationError, match="make setup"):
        prepare_ape(tmp_path)
    solc = tmp_path / "build" / "solc" / "solc-v0.8.37"
    solc.parent.mkdir(parents=True)
    solc.touch()
    with pytest.raises(ConfigurationError, match="@openzeppelin"):
        prepare_ape(tmp_path)
