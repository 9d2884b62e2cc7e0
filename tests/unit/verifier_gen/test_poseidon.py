"""EZKL's Poseidon: known hashes, and the constants that the contract holds."""

import re
from pathlib import Path

import pytest

from statements.quantities import FIELD_MODULUS
from verifier_gen.poseidon import parameters, poseidon_hash

CONTRACT = Path(__file__).resolve().parents[3] / "contracts" / "verification" / "EzklPoseidon.sol"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # by ezkl.poseidon_hash of EZKL 23.0.5
        ([1], 0x85669613228CAA1A618FD5C9EEF3A196612F180ED346CCCB1F0EAADC2B9BB90),
        ([1, 2, 3], 0x2C3294B916F404517529C048D4EC3FB21CD0F370184A5729B71D4E499F8B5259),
        ([5] * 32, 0x2C7AAE9F6392D09C25481DCA6D13F298440353857A3F41A9330C38836DE0583F),
    ],
)
def test_poseidon_hash_known_values_is_ezkls(values: list[int], expected: int) -> None:
    assert poseidon_hash(values) == expected


@pytest.mark.parametrize("values", [[], [FIELD_MODULUS], [-1]])
def test_poseidon_hash_of_no_field_elements_is_refused(values: list[int]) -> None:
    with pytest.raises(ValueError, match="field element"):
        poseidon_hash(values)


def test_parameters_are_those_of_the_contract() -> None:
    source = CONTRACT.read_text("utf-8")
    constants, matrix = parameters()
    assert [int(word, 16) for word in re.findall(r'hex"([0-9a-f]{64})"', source)] == [x for c in constants for x in c]
    held = re.findall(r"_M(\d)(\d) = (0x[0-9a-f]{64});", source)
    assert {(int(i), int(j)): int(word, 16) for i, j, word in held} == {
        (i, j): matrix[i][j] for i in range(2) for j in range(2)
    }
