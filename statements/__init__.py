"""The types that travel between model, circuits, neurons, relayer and chains.

Immutable, without logic beyond their own form, and without heavy imports, so that everybody may use them.
"""

from statements.attestation import InputAttestation, SignedAttestation
from statements.deployment import DeployedAsset, DeployedContract, DeployedModel, Deployment
from statements.instances import InstanceLayout, Instances
from statements.job import Job, JobKind
from statements.observation import Observation
from statements.proven_inference import ProvenInference
from statements.proven_run import ProvenRun
from statements.publication import Publication, PublicationPage
from statements.subject import Subject, model_id

__all__ = [
    "DeployedAsset",
    "DeployedContract",
    "DeployedModel",
    "Deployment",
    "InputAttestation",
    "InstanceLayout",
    "Instances",
    "Job",
    "JobKind",
    "Observation",
    "ProvenInference",
    "ProvenRun",
    "Publication",
    "PublicationPage",
    "SignedAttestation",
    "Subject",
    "model_id",
]
