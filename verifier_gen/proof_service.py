"""Proves for a parent process of another Python environment: one JSON line in, one out, until standard input ends.

``python -m verifier_gen.proof_service`` is the worker of a build of EZKL that cannot be installed beside the miner,
such as one with GPU support. The environment needs this package too, and files at the same paths.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from statements.errors import CircuitError
from statements.instances import Instances
from verifier_gen.circuit import Circuit, open_circuit
from verifier_gen.isolated import stdout_to_stderr, without_panic
from verifier_gen.measured import MeasuredProof, prove_measured
from verifier_gen.prover import InputOutOfRangeError, Proof

OUT_OF_RANGE, FAILED = "input_out_of_range", "failed"


@lru_cache(maxsize=8)
def _opened(directory: Path) -> Circuit:
    return open_circuit(directory, with_proving_key=True)


def answer_to(line: str) -> dict[str, Any]:
    """The answer to one request: a proof, or why there is none."""
    asked = json.loads(line)
    try:
        circuit = _opened(Path(asked["directory"]))
        if "inputs" not in asked:
            return {}
        return encoded(without_panic(lambda: prove_measured(circuit, asked["inputs"], int(asked["tag"], 16))))
    except InputOutOfRangeError as error:
        return {"fault": OUT_OF_RANGE, "message": error.message, "remedy": error.remedy}
    except CircuitError as error:
        return {"fault": FAILED, "message": error.message, "remedy": error.remedy}
    except RuntimeError as error:
        return {"fault": FAILED, "message": f"EZKL failed: {error}", "remedy": "See docs/circuits.md"}


def encoded(measured: MeasuredProof) -> dict[str, Any]:
    """A measured proof as JSON."""
    proof = measured.proof
    return {
        "instances": proof.instances.model_dump(mode="json"),
        "proof": proof.proof.hex(),
        "seconds": proof.seconds,
        "peak_bytes": measured.peak_bytes,
        "kept_bytes": measured.kept_bytes,
    }


def decoded(answer: dict[str, Any]) -> MeasuredProof:
    """What :func:`encoded` has encoded.

    Raises:
        InputOutOfRangeError: the circuit has no witness for the inputs.
        CircuitError: there is no proof, for another reason.
    """
    if "fault" in answer:
        kind = InputOutOfRangeError if answer["fault"] == OUT_OF_RANGE else CircuitError
        raise kind(answer["message"], remedy=answer["remedy"])
    instances = Instances.model_validate(answer["instances"])
    proof = Proof(instances=instances, proof=bytes.fromhex(answer["proof"]), seconds=answer["seconds"])
    return MeasuredProof(proof=proof, peak_bytes=answer["peak_bytes"], kept_bytes=answer["kept_bytes"])


def main() -> None:
    """Answer until standard input ends, which it does with the parent, however that ends."""
    answers = os.fdopen(os.dup(1), "w")
    stdout_to_stderr()
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        # also amid a proof: nobody waits for it any more
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        answers.write(json.dumps(answer_to(lines.get())) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
