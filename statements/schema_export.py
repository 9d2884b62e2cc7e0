"""JSON schemas of the types that travel, for whoever reads them in another language.

``python -m statements.schema_export`` writes ``statements/schemas``; a test compares them with the code.
"""

from __future__ import annotations

import json
from pathlib import Path

from statements.attestation import SignedAttestation
from statements.deployment import Deployment
from statements.instances import Instances
from statements.job import Job
from statements.observation import Observation
from statements.proven_inference import ProvenInference
from statements.proven_run import ProvenRun
from statements.publication import PublicationPage
from statements.subject import Subject
from statements.traveller import Traveller

SCHEMAS = Path(__file__).parent / "schemas"
_EXPORTED: tuple[type[Traveller], ...] = (
    Deployment,
    Instances,
    Job,
    Observation,
    ProvenInference,
    ProvenRun,
    PublicationPage,
    SignedAttestation,
    Subject,
)


def schemas() -> dict[str, str]:
    """JSON schema by type name."""
    return {
        kind.__name__: json.dumps(kind.model_json_schema(mode="serialization"), indent=1, sort_keys=True) + "\n"
        for kind in _EXPORTED
    }


def write_schemas(folder: Path = SCHEMAS) -> None:
    """Write one file per type."""
    folder.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (folder / f"{name}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    write_schemas()
