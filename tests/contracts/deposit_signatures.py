"""What restakers sign: consent to be credited, ERC-2612 permits, Permit2 transfers; and the real Permit2's code."""

import hashlib
import json
from pathlib import Path

from eth_account.messages import encode_typed_data
from eth_utils import to_bytes

PERMIT2_FILE = Path(__file__).with_name("permit2.json")
PERMIT2 = "0x000000000022D473030F116dDEE9F6B43aC78BA3"
_DOMAIN_FIELDS = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
}


def fields(**types):
    """An EIP-712 type from names and types of its fields."""
    return [{"name": name, "type": kind} for name, kind in types.items()]


def typed(domain, primary, types, message):
    """A message to sign."""
    domain_type = fields(**{name: kind for name, kind in _DOMAIN_FIELDS.items() if name in domain})
    return encode_typed_data(
        full_message={
            "domain": domain,
            "primaryType": primary,
            "types": {"EIP712Domain": domain_type, **types},
            "message": message,
        }
    )


def consent(deposit, chain_id, **message):
    """What the one to be credited signs for depositForWithSignature."""
    domain = {"name": "OmronDeposit", "version": "1", "chainId": chain_id, "verifyingContract": deposit}
    kinds = fields(user="address", token="address", amount="uint256", nonce="uint256", expiry="uint256")
    return typed(domain, "DepositFor", {"DepositFor": kinds}, message)


def permit(token, chain_id, **message):
    """An ERC-2612 permit of MockPermitToken."""
    domain = {"name": "Mock Permit Token", "version": "1", "chainId": chain_id, "verifyingContract": token}
    kinds = fields(owner="address", spender="address", value="uint256", nonce="uint256", deadline="uint256")
    return typed(domain, "Permit", {"Permit": kinds}, message)


def permit2_transfer(chain_id, user, token, amount, spender, nonce, deadline):
    """A Permit2 transfer whose witness names the one to be credited."""
    domain = {"name": "Permit2", "chainId": chain_id, "verifyingContract": PERMIT2}
    types = {
        "PermitWitnessTransferFrom": fields(
            permitted="TokenPermissions", spender="address", nonce="uint256", deadline="uint256", witness="DepositFor"
        ),
        "DepositFor": fields(user="address"),
        "TokenPermissions": fields(token="address", amount="uint256"),
    }
    message = {
        "permitted": {"token": token, "amount": amount},
        "spender": spender,
        "nonce": nonce,
        "deadline": deadline,
        "witness": {"user": user},
    }
    return typed(domain, "PermitWitnessTransferFrom", types, message)


def signature_of(account, message):
    """65 bytes: r, s, v."""
    return account.sign_message(message).encode_rsv()


def install_permit2(chain):
    """Put the real Permit2's code at its address; whoever takes another file is told."""
    stored = json.loads(PERMIT2_FILE.read_text("utf-8"))
    code = to_bytes(hexstr=stored["runtime"])
    assert hashlib.sha256(code).hexdigest() == stored["sha256"]
    chain.provider.set_code(PERMIT2, code)
