"""A verifier without the products that commitments at infinity cost.

A fixed column of zeros commits to the point at infinity, (0, 0) in EZKL's template: a constant of the source, which no
prover chooses. The template folds all commitments of the verifying key into one by Horner's rule, acc = acc * zeta + C,
a product and a sum each (6,000 and 150 gas, EIP-1108, and two calls). Where C is infinity the sum changes nothing, so
that step and the next are one: acc * zeta^2 + C'. EZKL's one-column circuits have such a column: about 6,400 gas of
some 450,000.
"""

from __future__ import annotations

import re
from itertools import groupby

from statements.errors import CircuitError

_POINT_BYTES = 0x40
_INFINITY = re.compile(
    r"mstore\((?P<x>0x[0-9a-f]+), 0x0{64}\) // fixed_comms\[(?P<index>\d+)\]\.x\n"
    r" *mstore\((?P<y>0x[0-9a-f]+), 0x0{64}\) // fixed_comms\[(?P=index)\]\.y\n"
)
_FOLD = re.compile(
    r"^(?P<indent> *)for\n"
    r" *\{\n"
    r" *let mptr := (?P<first>0x[0-9a-f]+)\n"
    r" *let mptr_end := (?P<end>0x[0-9a-f]+)\n"
    r" *\}\n"
    r" *lt\(mptr_end, mptr\)\n"
    r" *\{ mptr := sub\(mptr, 0x40\) \}\n"
    r" *\{\n"
    r" *success := ec_mul_acc\(success, mload\(ZETA_MPTR\)\)\n"
    r" *success := ec_add_acc\(success, mload\(mptr\), mload\(add\(mptr, 0x20\)\)\)\n"
    r" *\}\n",
    re.MULTILINE,
)


def without_vanishing_columns(source: str) -> str:
    """The monolithic verifier with each commitment at infinity folded into the step that follows it.

    Args:
        source: Solidity that EZKL generated; one without such commitments comes back as it is.

    Raises:
        CircuitError: there are such commitments, but not the one loop over them that this rewriting knows.
    """
    vanishing = {int(match["x"], 16) for match in _INFINITY.finditer(source)}
    if not vanishing:
        return source
    folds = list(_FOLD.finditer(source))
    if len(folds) != 1 or not vanishing < _points(folds[0]):
        raise CircuitError(
            f"EZKL's verifier template has changed: {len(folds)} loops over the verifying key's commitments, "
            f"expected one over those at {', '.join(map(hex, sorted(vanishing)))}",
            remedy="Use the EZKL version that the lock file pins",
        )
    return _FOLD.sub(lambda match: _folded(match, vanishing), source)


def _points(fold: re.Match[str]) -> set[int]:
    return set(range(int(fold["first"], 16), int(fold["end"], 16), -_POINT_BYTES))


def _folded(fold: re.Match[str], vanishing: set[int]) -> str:
    """Loops over the runs of commitments between those at infinity; after each of these a step with a higher power."""
    steps: list[tuple[int, int]] = []
    power = 1
    for pointer in sorted(_points(fold), reverse=True):
        if pointer in vanishing:
            power += 1
        else:
            steps.append((pointer, power))
            power = 1
    lines: list[str] = []
    for plain, run in groupby(steps, key=lambda step: step[1] == 1):
        pointers = list(run)
        if plain:
            lines += _loop(pointers[0][0], pointers[-1][0] - _POINT_BYTES)
        else:
            lines += [line for pointer, exponent in pointers for line in _step(pointer, exponent)]
    # infinity comes last: what is owed is the products alone
    lines += ["success := ec_mul_acc(success, mload(ZETA_MPTR))"] * (power - 1)
    return "".join(f"{fold['indent']}{line}\n" for line in lines)


def _loop(first: int, end: int) -> list[str]:
    return [
        f"for {{ let mptr := {first:#06x} }} lt({end:#06x}, mptr) {{ mptr := sub(mptr, 0x40) }} {{",
        "    success := ec_mul_acc(success, mload(ZETA_MPTR))",
        "    success := ec_add_acc(success, mload(mptr), mload(add(mptr, 0x20)))",
        "}",
    ]


def _step(pointer: int, exponent: int) -> list[str]:
    factor = "mload(ZETA_MPTR)"
    for _ in range(exponent - 1):
        factor = f"mulmod({factor}, mload(ZETA_MPTR), R)"
    return [
        "// infinity adds nothing: its step and this one in one product",
        f"success := ec_mul_acc(success, {factor})",
        f"success := ec_add_acc(success, mload({pointer:#06x}), mload({pointer + 0x20:#06x}))",
    ]
