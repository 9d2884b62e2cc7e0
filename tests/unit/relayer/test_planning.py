"""From publication to calls."""

import hypothesis.strategies as st
import pytest
from eth_abi import decode
from eth_utils.crypto import keccak
from hypothesis import given, settings

from relayer.keys import attestation_signer
from relayer.planning import ContractAbis, Destination, Plan, plan
from statements.abi import load_abi
from statements.attestation import SignedAttestation
from statements.job import JobKind
from statements.publication import Publication
from tests.unit.relayer.makers import (
    ASSET,
    ATTESTER,
    FEED_ABROAD,
    FEED_HOME,
    INPUTS_ABROAD,
    attestation,
    inference,
    publication,
)

HOME = Destination("home", 1, FEED_HOME)
ABROAD = Destination("abroad", 2, FEED_ABROAD, INPUTS_ABROAD)
ABIS = ContractAbis(risk_feed=load_abi("RiskFeed"), attested_inputs=load_abi("AttestedInputs"))
SUBMIT = "submit(bytes32,address,uint32,uint256[2],uint256,bytes)"


def planned(what: Publication, *destinations: Destination) -> Plan:
    return plan(what, destinations, abis=ABIS, signer_of=attestation_signer)


def test_plan_home_submits_only() -> None:
    (job,) = planned(publication(), HOME).jobs
    assert (job.job.kind, job.job.chain_id, job.job.target, job.depends_on) == (JobKind.SUBMIT, 1, FEED_HOME, None)


def test_plan_abroad_submits_after_the_attestation() -> None:
    attest, submit = planned(publication(), ABROAD).jobs
    assert (attest.job.kind, attest.job.target, attest.depends_on) == (JobKind.ATTEST, INPUTS_ABROAD, None)
    assert (submit.job.kind, submit.job.target, submit.depends_on) == (JobKind.SUBMIT, FEED_ABROAD, attest.job.key)


@settings(max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(0, 2048), st.integers(0, 2048)),
)
def test_plan_submit_calldata_decodes_to_the_publication(epoch: int, tag: int, outputs: tuple[int, int]) -> None:
    what = inference(epoch=epoch, tag=tag, outputs=outputs)
    (job,) = planned(publication(what, []), HOME).jobs
    calldata = bytes.fromhex(job.job.calldata[2:])
    assert calldata[:4] == keccak(text=SUBMIT)[:4]
    values = decode(["bytes32", "address", "uint32", "uint256[2]", "uint256", "bytes"], calldata[4:])
    assert values == (
        bytes.fromhex(what.subject.model_id[2:]),
        ASSET.lower(),
        epoch,
        outputs,
        tag,
        what.proof_bytes,
    )


def test_plan_attest_calldata_decodes_to_the_attestation() -> None:
    what = inference()
    signed = attestation(what)
    attest, _ = planned(publication(what), ABROAD).jobs
    struct = "(uint64,address,bytes32,address,uint32,uint16,uint40,uint40,bytes32,int256[])"
    calldata = bytes.fromhex(attest.job.calldata[2:])
    assert calldata[:4] == keccak(text=f"attest({struct},bytes[])")[:4]
    message, signatures = decode([struct, "bytes[]"], calldata[4:])
    assert message[0] == 1
    assert message[9] == what.instances.inputs
    assert signatures == (bytes.fromhex(signed.signature[2:]),)


def test_plan_keys_depend_on_the_statement_not_on_the_proof() -> None:
    what = inference()
    other = what.model_copy(update={"proof": "0x" + "dd" * 40})
    first, second = (planned(publication(p), HOME, ABROAD).jobs for p in (what, other))
    assert [job.job.key for job in first] == [job.job.key for job in second]
    assert len({job.job.key for job in first}) == 3


def _forged() -> SignedAttestation:
    return attestation(inference()).model_copy(update={"signature": "0x" + "00" * 65})


@pytest.mark.parametrize(
    ("attestations", "reason"),
    [
        ([], "no attestation for this chain"),
        ([attestation(inference(), destination_chain_id=3)], "no attestation for this chain"),
        ([attestation(inference(), destination=FEED_HOME)], "no attestation for this chain"),
        ([attestation(inference(), epoch=8)], "does not say what the proof says"),
        ([attestation(inference(), inputs=(1, -2, 3, -5))], "does not say what the proof says"),
        ([attestation(inference(), config_version=2)], "does not say what the proof says"),
        ([_forged()], f"not signed by {ATTESTER.address}"),
    ],
)
def test_plan_abroad_without_usable_attestation_says_why(attestations: list[SignedAttestation], reason: str) -> None:
    made = planned(publication(inference(), attestations), HOME, ABROAD)
    assert [job.job.chain_id for job in made.jobs] == [1]
    assert reason in made.omitted["abroad"]


def test_plan_good_attestation_after_a_forged_one_is_found() -> None:
    made = planned(publication(inference(), [_forged(), attestation(inference())]), ABROAD)
    assert len(made.jobs) == 2


def test_plan_destination_that_is_not_home_without_attested_inputs_is_omitted() -> None:
    made = planned(publication(), Destination("other", 5, FEED_HOME))
    assert made.jobs == ()
    assert "no attested_inputs is set" in made.omitted["other"]
