"""Changed proofs: all that are promised, and a report that tells a lax verifier from a strict one."""

from collections.abc import Sequence

import pytest

from statements.errors import CircuitError
from statements.quantities import FIELD_MODULUS
from verifier_gen.tampering import Tampered, check_tampering, tampered_proofs

INSTANCES = (5, 5, FIELD_MODULUS - 1, 7)
PROOF = bytes(range(40))


def strict(instances: Sequence[int], proof: bytes) -> bool:
    return tuple(instances) == INSTANCES and proof == PROOF


def test_tampered_proofs_without_sample_change_every_byte_instance_and_distinct_pair() -> None:
    changes = tampered_proofs(INSTANCES, PROOF)
    assert len(changes) == 40 + 4 + 5
    assert all((change.instances, change.proof) != (INSTANCES, PROOF) for change in changes)
    assert all(0 <= x < FIELD_MODULUS for change in changes for x in change.instances)


def test_tampered_proofs_sampled_keep_first_and_last_byte_and_every_instance() -> None:
    names = [change.change for change in tampered_proofs(INSTANCES, PROOF, flips=3, swaps=2)]
    assert {"bit flipped in proof byte 0", "bit flipped in proof byte 39"} <= set(names)
    assert sum("increased" in name for name in names) == 4
    assert sum("swapped" in name for name in names) == 2


def test_check_tampering_strict_verifier_passes() -> None:
    report = check_tampering(INSTANCES, PROOF, tampered_proofs(INSTANCES, PROOF), strict)
    assert report.require().tried == 49


def lax_byte(instances: Sequence[int], proof: bytes) -> bool:
    return tuple(instances) == INSTANCES and proof[:-1] == PROOF[:-1]


def lax_order(instances: Sequence[int], proof: bytes) -> bool:
    return sorted(instances) == sorted(INSTANCES) and proof == PROOF


def lax_instance(instances: Sequence[int], proof: bytes) -> bool:
    return tuple(instances[:-1]) == INSTANCES[:-1] and proof == PROOF


@pytest.mark.parametrize(
    ("verify", "change"), [(lax_byte, "byte 39"), (lax_order, "swapped"), (lax_instance, "instance 3")]
)
def test_check_tampering_lax_verifier_is_found_out(verify: object, change: str) -> None:
    assert callable(verify)
    report = check_tampering(INSTANCES, PROOF, tampered_proofs(INSTANCES, PROOF), verify)
    with pytest.raises(CircuitError, match=change):
        report.require()


def test_check_tampering_verifier_that_takes_nothing_is_found_out() -> None:
    report = check_tampering(INSTANCES, PROOF, [Tampered("none", INSTANCES, b"")], lambda _instances, _proof: False)
    with pytest.raises(CircuitError, match="refuses the true proof"):
        report.require()
