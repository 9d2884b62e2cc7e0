"""From a publication to the calls that it takes on each chain: a pure function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from statements.abi.calldata import Abi, encode_call
from statements.attestation import SignedAttestation
from statements.job import Job, JobKind
from statements.proven_inference import ProvenInference
from statements.publication import Publication

SignerOf = Callable[[SignedAttestation], str | None]
"""Address that made the signature of an attestation, None when it is not a signature."""


@dataclass(frozen=True)
class Destination:
    """A chain to relay to.

    Attributes:
        name: as in the settings.
        chain_id: EIP-155 id.
        risk_feed: address of its RiskFeed.
        attested_inputs: address of its AttestedInputs; None on a home chain, whose feed reads the observer.
    """

    name: str
    chain_id: int
    risk_feed: str
    attested_inputs: str | None = None


@dataclass(frozen=True)
class PlannedJob:
    """A job and the one that must be on the chain before it.

    Attributes:
        job: what to do.
        depends_on: key of the other job, None when there is none.
        expires_at: Unix time of the chain from which on it is in vain, seconds; None when there is no such time.
    """

    job: Job
    depends_on: str | None = None
    expires_at: float | None = None


@dataclass(frozen=True)
class Plan:
    """Everything that a publication takes.

    Attributes:
        jobs: in order: a job stands after the one that it depends on.
        omitted: by chain name, why nothing is done there.
    """

    jobs: tuple[PlannedJob, ...]
    omitted: dict[str, str]


@dataclass(frozen=True)
class ContractAbis:
    """ABIs of the contracts that are called.

    Attributes:
        risk_feed: RiskFeed.
        attested_inputs: AttestedInputs.
    """

    risk_feed: Abi
    attested_inputs: Abi


def plan(
    publication: Publication, destinations: Sequence[Destination], *, abis: ContractAbis, signer_of: SignerOf
) -> Plan:
    """Jobs of a publication: SUBMIT at home; abroad ATTEST, and SUBMIT after it.

    Args:
        publication: with a proof that has been verified.
        destinations: chains of the settings.
        abis: of the contracts that are called.
        signer_of: recovers the signer of an attestation.
    """
    jobs: list[PlannedJob] = []
    omitted: dict[str, str] = {}
    for destination in destinations:
        submit = _submit_job(publication.inference, destination, abis.risk_feed)
        if destination.attested_inputs is None:
            if destination.chain_id == publication.inference.subject.home_chain_id:
                jobs.append(PlannedJob(submit))
            else:
                omitted[destination.name] = "the asset is observed on another chain and no attested_inputs is set"
            continue
        signed, reason = _attestation_for(publication, destination, signer_of)
        if signed is None:
            omitted[destination.name] = reason
            continue
        attest = _attest_job(publication.inference, signed, abis.attested_inputs)
        jobs += [
            PlannedJob(attest, expires_at=float(signed.attestation.expiry)),
            PlannedJob(submit, depends_on=attest.key),
        ]
    return Plan(tuple(jobs), omitted)


def _submit_job(inference: ProvenInference, destination: Destination, abi: Abi) -> Job:
    subject, instances = inference.subject, inference.instances
    outputs = list(instances.elements[-instances.layout.output_count :])
    arguments = (
        bytes.fromhex(subject.model_id[2:]),
        subject.asset,
        subject.epoch,
        outputs,
        instances.tag,
        inference.proof_bytes,
    )
    return Job(
        kind=JobKind.SUBMIT,
        statement_id=inference.statement_id,
        chain_id=destination.chain_id,
        target=destination.risk_feed,
        calldata="0x" + encode_call(abi, "submit", arguments).hex(),
    )


def _attest_job(inference: ProvenInference, signed: SignedAttestation, abi: Abi) -> Job:
    arguments = (signed.attestation.as_call_argument(), [bytes.fromhex(signed.signature[2:])])
    return Job(
        kind=JobKind.ATTEST,
        statement_id=inference.statement_id,
        chain_id=signed.attestation.destination_chain_id,
        target=signed.attestation.destination,
        calldata="0x" + encode_call(abi, "attest", arguments).hex(),
    )


def _attestation_for(
    publication: Publication, destination: Destination, signer_of: SignerOf
) -> tuple[SignedAttestation | None, str]:
    """The attestation for a destination that says the same as the proof, or why there is none."""
    reason = "the publication has no attestation for this chain"
    for signed in publication.attestations:
        attestation = signed.attestation
        if (attestation.destination_chain_id, attestation.destination) != (
            destination.chain_id,
            destination.attested_inputs,
        ):
            continue
        if not _says_the_same(signed, publication.inference):
            reason = "the attestation does not say what the proof says"
        elif signer_of(signed) != signed.signer:
            reason = f"the attestation is not signed by {signed.signer}"
        else:
            return signed, ""
    return None, reason


def _says_the_same(signed: SignedAttestation, inference: ProvenInference) -> bool:
    attestation, subject = signed.attestation, inference.subject
    return (
        attestation.home_chain_id == subject.home_chain_id
        and attestation.observer == subject.observer
        and attestation.config_version == subject.config_version
        and attestation.asset == subject.asset
        and attestation.epoch == subject.epoch
        and attestation.inputs == inference.instances.inputs
    )
