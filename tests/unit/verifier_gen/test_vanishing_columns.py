"""The shortened folding of commitments gives the same point as the template's, whichever are at infinity."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statements.errors import CircuitError
from verifier_gen.vanishing_columns import without_vanishing_columns

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
FIRST_POINTER = 0x0840
LOOP = """                    for
                        {
                            let mptr := LAST
                            let mptr_end := END
                        }
                        lt(mptr_end, mptr)
                        { mptr := sub(mptr, 0x40) }
                    {
                        success := ec_mul_acc(success, mload(ZETA_MPTR))
                        success := ec_add_acc(success, mload(mptr), mload(add(mptr, 0x20)))
                    }
"""
_FOR = re.compile(r"for \{ let mptr := (\w+) \} lt\((\w+), mptr\)")
_TIMES = re.compile(r"success := ec_mul_acc\(success, (.+)\)")
_PLUS = re.compile(r"success := ec_add_acc\(success, mload\((0x\w+)\), mload\((0x\w+)\)\)")


def template(points: list[int]) -> str:
    """As EZKL writes it: points as numbers, 0 for infinity."""
    lines = []
    for index, point in enumerate(points):
        for word, name in enumerate("xy"):
            pointer = FIRST_POINTER + 0x40 * index + 0x20 * word
            lines.append(f"                mstore({pointer:#06x}, 0x{point:064x}) // fixed_comms[{index}].{name}\n")
    last = FIRST_POINTER + 0x40 * (len(points) - 1)
    return "".join(lines) + LOOP.replace("LAST", f"{last:#06x}").replace("END", f"{FIRST_POINTER - 0x40:#06x}")


def horner(points: list[int], start: int, zeta: int) -> int:
    """What the template's loop does: from the last point to the first."""
    total = start
    for point in reversed(points):
        total = (total * zeta + point) % R
    return total


def run_folding(source: str, points: list[int], start: int, zeta: int) -> int:
    """Follows the rewritten lines with numbers in place of points."""

    def point_at(pointer: int) -> int:
        return points[(pointer - FIRST_POINTER) // 0x40]

    total, in_loop = start, False
    for line in source.splitlines():
        if loop := _FOR.search(line):
            for pointer in range(int(loop[1], 16), int(loop[2], 16), -0x40):
                total = (total * zeta + point_at(pointer)) % R
            in_loop = True
        elif line.strip() == "}":
            in_loop = False
        elif in_loop:
            continue
        elif times := _TIMES.search(line):
            total = total * pow(zeta, times[1].count("ZETA_MPTR"), R) % R
        elif plus := _PLUS.search(line):
            assert int(plus[2], 16) == int(plus[1], 16) + 0x20
            total = (total + point_at(int(plus[1], 16))) % R
    return total


@given(
    points=st.lists(st.sampled_from([0, 0, 1, 2, 3]), min_size=2, max_size=12).filter(lambda p: 0 in p and any(p)),
    start=st.integers(0, R - 1),
    zeta=st.integers(2, R - 1),
)
def test_without_vanishing_columns_any_commitments_at_infinity_folds_to_the_same_point(
    points: list[int], start: int, zeta: int
) -> None:
    rewritten = without_vanishing_columns(template(points))

    assert run_folding(rewritten, points, start, zeta) == horner(points, start, zeta)
    products = rewritten.count("ec_mul_acc") - rewritten.count("for {")
    looped = sum(len(range(int(m[1], 16), int(m[2], 16), -0x40)) for m in _FOR.finditer(rewritten))
    owed = len([p for p in points if p]) + next(i for i, p in enumerate(points) if p)
    assert products + looped == owed


def test_without_vanishing_columns_none_at_infinity_is_left_alone() -> None:
    assert without_vanishing_columns(template([1, 2, 3])) == template([1, 2, 3])


@pytest.mark.parametrize(
    "change",
    [
        ("ZETA_MPTR", "NU_MPTR"),
        ("mload(add(mptr, 0x20))", "mload(add(mptr, 0x40))"),
        ("mptr_end := 0x0800", "mptr_end := 0x0840"),
    ],
)
def test_without_vanishing_columns_another_loop_is_refused(change: tuple[str, str]) -> None:
    source = template([0, 2, 0])
    assert change[0] in source

    with pytest.raises(CircuitError, match=r"template has changed: [01] loops over"):
        without_vanishing_columns(source.replace(*change))
