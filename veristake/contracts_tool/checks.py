"""What must hold before the first transaction; each failure is one line with its remedy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from statements.errors import ChainError, CircuitError, ConfigurationError
from verifier_gen.chain_layout import precompile_address
from verifier_gen.choices import ChainLayout, VerifierKind, Visibility
from verifier_gen.circuit import open_circuit
from verifier_gen.manifest import CircuitManifest, sha256_file
from veristake.contracts_tool.plan import LOCAL_CHAIN_IDS, HomePlan, Plan

if TYPE_CHECKING:
    from web3 import Web3


class _KnownAnswer(NamedTuple):
    """A call of a precompile and its right answer, both hex."""

    address: int
    name: str
    data: str
    answer: str


def _words(*values: int) -> str:
    return "".join(f"{value:064x}" for value in values)


# The group bn254 of EIP-196 and EIP-197: generators G1 = (1, 2) and G2, twice G1, and minus G1.
_BASE_MODULUS = 21888242871839275222246405745257275088696311157297823662689037894645226208583
_TWICE_G1 = (
    0x030644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD3,
    0x15ED738C0E0A7C92E7845F96B2AE9C0A68A6A449E3538FC7FF3EBF7A5A18A2C4,
)
_G2 = (
    0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
    0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
    0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
    0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
)
_KNOWN_ANSWERS = (
    # 3^5 mod 7, each number one byte long
    _KnownAnswer(5, "modular exponentiation", _words(1, 1, 1) + "030507", "05"),
    _KnownAnswer(6, "bn254 addition", _words(1, 2, 1, 2), _words(*_TWICE_G1)),
    _KnownAnswer(7, "bn254 multiplication", _words(1, 2, 2), _words(*_TWICE_G1)),
    # e(G1, G2) * e(-G1, G2) = 1
    _KnownAnswer(8, "bn254 pairing", _words(1, 2, *_G2, 1, _BASE_MODULUS - 2, *_G2), _words(1)),
)


def preflight(plan: Plan, web3: Web3, project: Path) -> CircuitManifest:
    """Everything that can be known before the first transaction, cheapest first.

    Args:
        plan: what is to be deployed.
        web3: connection to the chain.
        project: folder of the Solidity project, whose generated verifier is to be deployed.

    Returns:
        The circuit's manifest.

    Raises:
        CircuitError: no manifest, a `dev` SRS off a local chain, or a verifier of another build.
        ConfigurationError: mocks, well-known keys, roles in one hand, or features that do not fit.
        ChainError: another chain, or one without the precompiles.
    """
    # every file: what is registered on-chain is the hash of files that were looked at, not of a manifest's word
    manifest = open_circuit(plan.circuit, with_proving_key=True).manifest
    check_callable_by_the_feed(manifest)
    check_chain_id(web3, plan.chain_id)
    check_local_only_parts(plan, manifest)
    check_roles(plan)
    check_verifier_source(project, manifest)
    check_feature_scale(plan, manifest)
    check_precompiles(web3, manifest.chain_layout)
    return manifest


def check_callable_by_the_feed(manifest: CircuitManifest) -> None:
    """Refuse a circuit that RiskFeed cannot ask: it hands a monolithic verifier all inputs and outputs as instances.

    Raises:
        CircuitError: the verifier is reusable, inputs or outputs are no instances, or the weights are not fixed.
    """
    if manifest.verifier_kind is not VerifierKind.MONOLITHIC:
        raise CircuitError(
            f"circuit {manifest.name} has a {manifest.verifier_kind} verifier, the feed calls monolithic ones",
            remedy="Build it with fewer columns, or call its verifier from a contract of your own",
        )
    for group, visibility in (("inputs", manifest.input_visibility), ("outputs", manifest.output_visibility)):
        if visibility is not Visibility.PUBLIC:
            raise CircuitError(
                f"circuit {manifest.name} has {visibility} {group}, the feed rebuilds public ones",
                remedy="Build it with public inputs and outputs, or call its verifier from a contract of your own",
            )
    if manifest.param_visibility is not Visibility.FIXED:
        raise CircuitError(
            f"circuit {manifest.name} has {manifest.param_visibility} weights, the feed wants fixed ones",
            remedy="Build it with fixed weights, or call its verifier from a contract of your own",
        )


def check_chain_id(web3: Web3, expected: int) -> None:
    """Refuse another chain than the plan's.

    Raises:
        ChainError: it is another one.
    """
    actual = web3.eth.chain_id
    if actual != expected:
        raise ChainError(
            f"chain_id is {actual}, the plan says {expected}",
            remedy="Give the URL of the right node, or the plan of this chain",
        )


def check_local_only_parts(plan: Plan, manifest: CircuitManifest) -> None:
    """Refuse on a public chain what is safe on a developer's node only.

    Raises:
        CircuitError: the circuit's SRS has a known trapdoor.
        ConfigurationError: mocks, or a key that everybody knows.
    """
    if plan.chain_id in LOCAL_CHAIN_IDS:
        return
    if manifest.dev_srs:
        raise CircuitError(
            f"circuit {manifest.name} is built on a dev SRS, for which anybody can forge proofs, "
            f"and chain {plan.chain_id} is not local",
            remedy="Build the circuit on an SRS from a ceremony",
        )
    if plan.account.test_index is not None:
        raise ConfigurationError(
            f"account.test_index: everybody knows this key; chain {plan.chain_id} is not local",
            remedy="Give account.keystore and account.password_file",
        )
    mocks = [symbol for symbol, asset in plan.assets.items() if asset.mock] if isinstance(plan, HomePlan) else []
    if mocks:
        raise ConfigurationError(
            f"assets {', '.join(mocks)} are mocks; chain {plan.chain_id} is not local",
            remedy="Give assets.<symbol>.existing",
        )


def check_roles(plan: Plan) -> None:
    """Refuse on a public chain that one key holds every power, or that a version serves without notice.

    Raises:
        ConfigurationError: a role is not named, two are one account, or versions need not wait.
    """
    if plan.chain_id in LOCAL_CHAIN_IDS:
        return
    holders = {"admin": plan.admin, "proposer": plan.proposer, "guardian": plan.guardian}
    missing = [role for role, holder in holders.items() if holder is None]
    if missing:
        raise ConfigurationError(
            f"{', '.join(missing)} not named; chain {plan.chain_id} is not local",
            remedy="Give admin, proposer and guardian, three accounts",
        )
    if len(set(holders.values())) != len(holders):
        raise ConfigurationError(
            f"admin, proposer and guardian are not three accounts; chain {plan.chain_id} is not local",
            remedy="Give each role an account of its own",
        )
    if plan.activation_delay == 0:
        raise ConfigurationError(
            f"activation_delay is 0; chain {plan.chain_id} is not local",
            remedy="Give the seconds in which everybody can look at a proposed circuit",
        )


def check_admin_is_another(plan: Plan, deployer: str) -> None:
    """Refuse to hand over to the account that gives everything up.

    Raises:
        ConfigurationError: the named admin is the deployer.
    """
    if plan.admin is not None and plan.admin == deployer:
        raise ConfigurationError(
            f"admin {plan.admin} is the deploying account, which renounces",
            remedy="Leave admin out, or name another account",
        )


def check_verifier_source(project: Path, manifest: CircuitManifest) -> None:
    """Refuse a generated verifier that is not the one of this circuit.

    Raises:
        CircuitError: it is missing or stale.
    """
    path = project / "contracts" / "generated" / f"{manifest.verifier_contract}.sol"
    remedy = f"Build the circuit again: veristake circuit build ({manifest.name})"
    if not path.is_file():
        raise CircuitError(f"generated verifier {path} is missing", remedy=remedy)
    actual = sha256_file(path)
    if actual != manifest.verifier_source_hash:
        raise CircuitError(
            f"generated verifier {path} is stale: sha256 {actual[:18]}…, "
            f"the circuit's manifest says {manifest.verifier_source_hash[:18]}…",
            remedy=remedy,
        )


def check_feature_scale(plan: Plan, manifest: CircuitManifest) -> None:
    """Refuse features at another scale than the circuit's inputs.

    Raises:
        ConfigurationError: the plan names a scale, and it is another one.
    """
    if not isinstance(plan, HomePlan) or "input_scale_bits" not in plan.features.model_fields_set:
        return
    given, needed = plan.features.input_scale_bits, manifest.layout.input_scale_bits
    if given != needed:
        raise ConfigurationError(
            f"features.input_scale_bits is {given}, circuit {manifest.name} has {needed}",
            remedy="Leave the field out: it is taken from the circuit",
        )


def check_precompiles(web3: Web3, layout: ChainLayout) -> None:
    """Refuse a chain where the circuit's verifier cannot work (EIP-196, EIP-197, EIP-198).

    Not every EVM has the precompiles where Ethereum does, and a call to an address without code succeeds.

    Raises:
        ChainError: one of them gives another answer than the known one.
    """
    for known in _KNOWN_ANSWERS:
        address = precompile_address(known.address, layout)
        answer = _answer(web3, address, known.data)
        if answer != known.answer:
            raise ChainError(
                f"precompile 0x{address:02x} ({known.name}) answers 0x{answer or '(nothing)'}",
                remedy=f"This chain cannot verify proofs with a verifier of layout {layout}: choose one with EIP-196, "
                "EIP-197 and EIP-198, or build the circuit with this chain's chain_layout",
            )


def _answer(web3: Web3, address: int, data: str) -> str:
    """What a precompile returns, hex; nothing where it fails, as another one does at the data of this one."""
    # web3 is imported by the roles that talk to a chain only
    from web3.exceptions import ContractLogicError, Web3RPCError

    to = web3.to_checksum_address(f"0x{address:040x}")
    try:
        return bytes(web3.eth.call({"to": to, "data": "0x" + data, "gas": 500_000})).hex()  # type: ignore[typeddict-item]  # web3 wants its own hex type
    except (ContractLogicError, Web3RPCError):
        return ""


def check_funds(web3: Web3, address: str) -> None:
    """Refuse an account without funds.

    Raises:
        ChainError: its balance is zero.
    """
    if web3.eth.get_balance(web3.to_checksum_address(address)) == 0:
        raise ChainError(f"account {address} has no funds", remedy="Send it some of the chain's coin, or name another")
