"""Changed proofs, each of which a verifier must refuse: flipped bytes, changed and swapped instances."""

from __future__ import annotations

import itertools
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from statements.errors import CircuitError
from statements.quantities import FIELD_MODULUS
from verifier_gen import ezkl_library
from verifier_gen.circuit import CircuitPaths

T = TypeVar("T")
Verify: TypeAlias = Callable[[Sequence[int], bytes], bool]
"""Whether a verifier takes (instances, proof)."""


BUILD_FLIPS = 6
"""Flipped proof bytes that each build tries, first and last besides."""
BUILD_SWAPS = 6
"""Swapped pairs of instances that each build tries."""


@dataclass(frozen=True)
class Tampered:
    """A changed proof.

    Attributes:
        change: what was changed, for people.
        instances: field elements.
        proof: bytes.
    """

    change: str
    instances: tuple[int, ...]
    proof: bytes


@dataclass(frozen=True)
class TamperReport:
    """What a verifier made of changed proofs.

    Attributes:
        tried: how many.
        accepted: the changes that it took; empty for a sound verifier.
        true_accepted: whether it took the unchanged proof.
    """

    tried: int
    accepted: tuple[str, ...]
    true_accepted: bool

    def require(self) -> TamperReport:
        """Return the report itself.

        Raises:
            CircuitError: a changed proof was taken, or the true one was not.
        """
        if not self.true_accepted:
            raise CircuitError("the verifier refuses the true proof", remedy="Do not deploy it")
        if self.accepted:
            raise CircuitError(
                f"the verifier accepts {len(self.accepted)} of {self.tried} changed proofs: {self.accepted[0]}",
                remedy="Do not deploy it",
            )
        return self


def tampered_proofs(
    instances: Sequence[int], proof: bytes, *, flips: int | None = None, swaps: int | None = None, seed: int = 0
) -> list[Tampered]:
    """Changes of a true proof.

    Args:
        instances: field elements.
        proof: bytes.
        flips: how many bytes of the proof to flip a bit of, first and last among them; all when None.
        swaps: how many pairs of distinct instances to swap; all when None.
        seed: of what is drawn.

    Returns:
        One change each: a flipped bit, an instance increased by one, a swapped pair.
    """
    generator = random.Random(seed)  # noqa: S311 - draws a sample that can be drawn again, no secret
    held = tuple(instances)
    places = _sampled(range(len(proof)), flips, generator)
    if flips is not None and proof:
        places = sorted({0, len(proof) - 1, *places})
    changes = [Tampered(f"bit flipped in proof byte {i}", held, _flipped(proof, i, generator)) for i in places]
    for i, element in enumerate(held):
        changed = (*held[:i], (element + 1) % FIELD_MODULUS, *held[i + 1 :])
        changes.append(Tampered(f"instance {i} increased by one", changed, proof))
    pairs = [(i, j) for i, j in itertools.combinations(range(len(held)), 2) if held[i] != held[j]]
    for i, j in _sampled(pairs, swaps, generator):
        swapped = list(held)
        swapped[i], swapped[j] = held[j], held[i]
        changes.append(Tampered(f"instances {i} and {j} swapped", tuple(swapped), proof))
    return changes


def _sampled(items: Sequence[T], count: int | None, generator: random.Random) -> list[T]:
    chosen = list(items)
    return chosen if count is None or count >= len(chosen) else generator.sample(chosen, count)


def _flipped(proof: bytes, place: int, generator: random.Random) -> bytes:
    changed = bytearray(proof)
    changed[place] ^= 1 << generator.randrange(8)
    return bytes(changed)


def check_tampering(
    instances: Sequence[int], proof: bytes, changes: Sequence[Tampered], verify: Verify
) -> TamperReport:
    """Show a verifier a true proof and changed ones.

    Args:
        instances: of the true proof.
        proof: the true proof.
        changes: from :func:`tampered_proofs`.
        verify: the verifier, on-chain or off.
    """
    accepted = tuple(change.change for change in changes if verify(change.instances, change.proof))
    return TamperReport(len(changes), accepted, verify(instances, proof))


def check_tampering_off_chain(
    paths: CircuitPaths, instances: Sequence[int], proof: bytes, changes: Sequence[Tampered]
) -> TamperReport:
    """:func:`check_tampering` with EZKL's own verifier; calls EZKL, so run it isolated."""
    with tempfile.TemporaryDirectory(prefix="veristake-tamper-") as folder:
        path = Path(folder) / "proof.json"

        def verify(shown: Sequence[int], claimed: bytes) -> bool:
            path.write_text(_document(shown, claimed), "utf-8")
            try:
                return ezkl_library.verify(path, paths.settings, paths.verifying_key, paths.srs)
            except RuntimeError:
                return False

        return check_tampering(instances, proof, changes, verify)


def _document(instances: Sequence[int], proof: bytes) -> str:
    fields = ("protocol", "split", "pretty_public_inputs", "timestamp", "version")
    return json.dumps(
        dict.fromkeys(fields)
        | {
            "instances": [[x.to_bytes(32, "little").hex() for x in instances]],
            "proof": list(proof),
            "hex_proof": "0x" + proof.hex(),
        }
    )
