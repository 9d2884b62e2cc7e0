"""``python -m verifier_gen.verify_process FOLDER``: verifies the proof on standard input, and may crash alone.

Proofs come from somebody who is not trusted, and EZKL is native code: it verifies in a process of its own.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from statements.instances import Instances
from verifier_gen.circuit import Circuit, CircuitPaths, read_manifest
from verifier_gen.isolated import stdout_to_stderr


def main() -> None:
    """Read instances and proof, write whether the proof is valid."""
    answers = os.dup(1)
    # EZKL prints as it likes
    stdout_to_stderr()
    from verifier_gen.prover import verify

    directory = Path(sys.argv[1])
    content = json.load(sys.stdin)
    circuit = Circuit(paths=CircuitPaths(directory), manifest=read_manifest(directory))
    valid = verify(circuit, Instances.model_validate(content["instances"]), bytes.fromhex(content["proof"]))
    os.write(answers, json.dumps({"valid": valid}).encode())
    # EZKL sometimes crashes while it is torn down after a proof that it refused
    os._exit(0)


if __name__ == "__main__":
    main()
