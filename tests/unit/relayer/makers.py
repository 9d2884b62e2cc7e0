"""Publications for tests that need no real proof."""

from collections.abc import Sequence

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address

from statements.attestation import InputAttestation, SignedAttestation
from statements.instances import InstanceLayout, Instances
from statements.proven_inference import ProvenInference
from statements.publication import Publication
from statements.subject import Subject, model_id

ATTESTER = Account.from_key("0x" + "77" * 32)
FEED_HOME = to_checksum_address("0x" + "00" * 19 + "f1")
FEED_ABROAD = to_checksum_address("0x" + "00" * 19 + "f2")
INPUTS_ABROAD = to_checksum_address("0x" + "00" * 19 + "b2")
OBSERVER = to_checksum_address("0x" + "00" * 19 + "a1")
ASSET = to_checksum_address("0x" + "00" * 19 + "c1")
LAYOUT = InstanceLayout(
    input_count=4, tag_limbs=2, tag_limb_bits=16, output_count=2, input_scale_bits=11, output_scale_bits=11
)
MODEL = "veristake/tiny-linear/1"
CIRCUIT_ID = "0x" + "cc" * 32


def inference(
    epoch: int = 7, inputs: Sequence[int] = (1, -2, 3, -4), tag: int = 99, outputs: Sequence[int] = (5, 6)
) -> ProvenInference:
    return ProvenInference(
        circuit_id=CIRCUIT_ID,
        subject=Subject(
            home_chain_id=1,
            observer=OBSERVER,
            config_version=1,
            model_id=model_id(MODEL),
            asset=ASSET,
            epoch=epoch,
        ),
        instances=Instances.build(LAYOUT, tuple(inputs), tag, tuple(outputs)),
        proof="0x" + "ee" * 40,
        prover="miner",
        prove_seconds=1.0,
    )


def attestation(of: ProvenInference, **changes: object) -> SignedAttestation:
    made = InputAttestation(
        destination_chain_id=2,
        destination=INPUTS_ABROAD,
        home_chain_id=of.subject.home_chain_id,
        observer=of.subject.observer,
        home_block_hash="0x" + "ab" * 32,
        asset=of.subject.asset,
        epoch=of.subject.epoch,
        config_version=of.subject.config_version,
        observed_at=1000,
        expiry=2000,
        features_hash="0x" + "fe" * 32,
        inputs=of.instances.inputs,
    ).model_copy(update=changes)
    signature = ATTESTER.sign_message(encode_typed_data(full_message=made.typed_data())).signature
    return SignedAttestation(attestation=made, signer=ATTESTER.address, signature="0x" + bytes(signature).hex())


def publication(
    of: ProvenInference | None = None,
    attestations: Sequence[SignedAttestation] | None = None,
    *,
    cursor: int = 1,
    validator: str = "validator",
) -> Publication:
    of = of or inference()
    return Publication(
        cursor=cursor,
        published_at=1.5,
        inference=of,
        attestations=tuple([attestation(of)] if attestations is None else attestations),
        validator=validator,
    )
