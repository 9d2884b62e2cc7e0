"""Answer a bit-vector query of halmos by arithmetic of integers, in which z3 knows what a quotient is.

Bit-blasting solvers do not manage a division of 256 bits. Here a word is an integer that is congruent to it, reduced
only where its size matters and it may be out of range. What has no translation becomes an unknown word, the same for
the same term: that only takes assumptions away, so that ``unsat`` holds for the query as it was. Everything else is
answered ``unknown``, never ``sat``.
"""

from __future__ import annotations

import argparse
import functools
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import z3

LIMIT_MILLISECONDS = 20_000
COMPARISONS: dict[int, Callable[[z3.ArithRef, z3.ArithRef], z3.BoolRef]] = {
    z3.Z3_OP_ULEQ: operator.le,
    z3.Z3_OP_ULT: operator.lt,
    z3.Z3_OP_UGEQ: operator.ge,
    z3.Z3_OP_UGT: operator.gt,
}
SIGNED_COMPARISONS: dict[int, Callable[[z3.ArithRef, z3.ArithRef], z3.BoolRef]] = {
    z3.Z3_OP_SLEQ: operator.le,
    z3.Z3_OP_SLT: operator.lt,
    z3.Z3_OP_SGEQ: operator.ge,
    z3.Z3_OP_SGT: operator.gt,
}
CONNECTIVES: dict[int, Callable[..., z3.BoolRef]] = {
    z3.Z3_OP_AND: z3.And,
    z3.Z3_OP_OR: z3.Or,
    z3.Z3_OP_NOT: z3.Not,
    z3.Z3_OP_XOR: z3.Xor,
    z3.Z3_OP_IMPLIES: z3.Implies,
    z3.Z3_OP_ITE: z3.If,
}


@dataclass(frozen=True)
class Word:
    """An integer from ``low`` to ``high`` that is congruent to a word modulo 2^bits."""

    value: z3.ArithRef
    low: int
    high: int


class Translation:
    """Terms seen so far, and what is known of the integers that stand for them."""

    def __init__(self) -> None:
        self.known: list[z3.BoolRef] = []
        self._words: dict[int, Word] = {}
        self._bounds: dict[int, int] = {}
        self._terms: list[z3.ExprRef] = []

    def note_bound(self, assertion: z3.BoolRef) -> None:
        """A variable that equals its own lower bits is below a power of two."""
        if not (z3.is_eq(assertion) and z3.is_bv(assertion.arg(0)) and z3.is_const(assertion.arg(0))):
            return
        variable, padded = assertion.children()
        if padded.decl().kind() != z3.Z3_OP_CONCAT or padded.num_args() != 2:
            return
        zeros, low = padded.children()
        is_zero = z3.is_bv_value(zeros) and zeros.as_long() == 0
        if is_zero and low.decl().kind() == z3.Z3_OP_EXTRACT and low.arg(0).eq(variable) and low.params()[1] == 0:
            self._bounds[variable.get_id()] = 2 ** low.size() - 1

    def truth(self, term: z3.BoolRef) -> z3.BoolRef:
        """A formula about words as one about integers."""
        kind = term.decl().kind()
        # a distinction of more than two stays unknown
        if kind in (z3.Z3_OP_EQ, z3.Z3_OP_DISTINCT) and z3.is_bv(term.arg(0)) and term.num_args() == 2:
            equal = self.reduced(term.arg(0)).value == self.reduced(term.arg(1)).value
            return equal if kind == z3.Z3_OP_EQ else z3.Not(equal)
        if kind == z3.Z3_OP_EQ and z3.is_bool(term.arg(0)):
            return self.truth(term.arg(0)) == self.truth(term.arg(1))
        if kind in COMPARISONS:
            left, right = (self.reduced(child).value for child in term.children())
            return COMPARISONS[kind](left, right)
        if kind in SIGNED_COMPARISONS:
            left, right = (self.signed(child).value for child in term.children())
            return SIGNED_COMPARISONS[kind](left, right)
        if kind in CONNECTIVES:
            return CONNECTIVES[kind](*(self.truth(child) for child in term.children()))
        return term if kind in (z3.Z3_OP_TRUE, z3.Z3_OP_FALSE) else z3.Bool(f"unknown{self._number(term)}")

    def reduced(self, term: z3.BitVecRef) -> Word:
        """The word itself: 0 to 2^bits - 1."""
        word, size = self.word(term), 2 ** term.size()
        if word.low >= 0 and word.high < size:
            return word
        if -size <= word.low and word.high < size:
            return Word(z3.If(word.value < 0, word.value + size, word.value), 0, size - 1)
        return Word(word.value % size, 0, size - 1)

    def signed(self, term: z3.BitVecRef) -> Word:
        """The word as a signed one: -2^(bits - 1) to 2^(bits - 1) - 1."""
        word, half = self.word(term), 2 ** (term.size() - 1)
        if word.low >= -half and word.high < half:
            return word
        word = self.reduced(term)
        if word.high < half:
            return word
        return Word(z3.If(word.value < half, word.value, word.value - 2 * half), -half, half - 1)

    def word(self, term: z3.BitVecRef) -> Word:
        """An integer congruent to the term."""
        if term.get_id() not in self._words:
            self._terms.append(term)  # an id is another term's once its own is gone
            self._words[term.get_id()] = self._translated(term)
        return self._words[term.get_id()]

    # ---------------------------------------------------------------- private

    def _translated(self, term: z3.BitVecRef) -> Word:
        if z3.is_bv_value(term):
            # the smaller of the two: subtraction reaches us as a sum with a product by 2^256 - 1
            value = term.as_long() if term.as_long() < 2 ** (term.size() - 1) else term.as_long() - 2 ** term.size()
            return Word(z3.IntVal(value), value, value)
        children = term.children()
        kind, by_zero = _operation(term)
        if kind in POLYNOMIALS:
            return functools.reduce(POLYNOMIALS[kind], map(self.word, children))
        if kind in DIVISIONS:
            return self._divided(*map(self.reduced, children), by_zero)[DIVISIONS[kind]]
        if kind == z3.Z3_OP_BSDIV:
            return self._divided_signed(*map(self.signed, children), by_zero)
        if kind == z3.Z3_OP_EXTRACT:
            return self._part(self.reduced(children[0]), *term.params())
        if kind in (z3.Z3_OP_CONCAT, z3.Z3_OP_ZERO_EXT):
            return self._joined(children)
        if kind == z3.Z3_OP_ITE:
            chosen, other = self.reduced(children[1]), self.reduced(children[2])
            value = z3.If(self.truth(children[0]), chosen.value, other.value)
            return Word(value, min(chosen.low, other.low), max(chosen.high, other.high))
        return self._unknown(term)

    def _joined(self, parts: list[z3.BitVecRef]) -> Word:
        whole = self.reduced(parts[0])
        for part in parts[1:]:
            size, low = 2 ** part.size(), self.reduced(part)
            whole = Word(whole.value * size + low.value, whole.low * size + low.low, whole.high * size + low.high)
        return whole

    def _part(self, word: Word, highest: int, lowest: int) -> Word:
        size = 2 ** (highest - lowest + 1)
        value = word.value / 2**lowest if lowest else word.value
        high = word.high >> lowest
        return Word(value, word.low >> lowest, high) if high < size else Word(value % size, 0, size - 1)

    def _divided(self, dividend: Word, divisor: Word, by_zero: int) -> tuple[Word, Word]:
        """Quotient and rest by their definition; by zero the quotient is as given."""
        if dividend.high < divisor.low:
            return Word(z3.IntVal(0), 0, 0), dividend
        number = len(self.known)
        quotient, rest = z3.Int(f"quotient{number}"), z3.Int(f"rest{number}")
        defined = z3.And(
            dividend.value == quotient * divisor.value + rest, rest >= 0, rest < divisor.value, quotient >= 0
        )
        # the rest is 0 in the EVM and the dividend in SMT-LIB
        undefined = z3.And(quotient == by_zero, rest == (0 if by_zero == 0 else dividend.value))
        self.known.append(z3.If(divisor.value == 0, undefined, defined))
        most = dividend.high // divisor.low if divisor.low else max(dividend.high, by_zero)
        return Word(quotient, 0, most), Word(rest, 0, max(dividend.high, divisor.high))

    def _divided_signed(self, dividend: Word, divisor: Word, by_zero: int) -> Word:
        """The quotient toward zero; by zero it is 0 in the EVM, and 1 or -1 in SMT-LIB."""
        number = len(self.known)
        quotient, rest = z3.Int(f"quotient{number}"), z3.Int(f"rest{number}")
        size = z3.If(divisor.value < 0, -divisor.value, divisor.value)
        defined = z3.And(
            dividend.value == quotient * divisor.value + rest,
            z3.If(dividend.value < 0, z3.And(rest <= 0, rest > -size), z3.And(rest >= 0, rest < size)),
        )
        undefined = quotient == (0 if by_zero == 0 else z3.If(dividend.value < 0, z3.IntVal(1), z3.IntVal(-1)))
        self.known.append(z3.If(divisor.value == 0, undefined, defined))
        most = max(abs(dividend.low), abs(dividend.high), 1)
        return Word(quotient, -most, most)

    def _unknown(self, term: z3.BitVecRef) -> Word:
        value = z3.Int(f"unknown{self._number(term)}")
        high = self._bounds.get(term.get_id(), 2 ** term.size() - 1)
        self.known += [value >= 0, value <= high]
        return Word(value, 0, high)

    def _number(self, term: z3.ExprRef) -> int:
        self._terms.append(term)
        return int(term.get_id())


def _sum(left: Word, right: Word) -> Word:
    return Word(left.value + right.value, left.low + right.low, left.high + right.high)


def _difference(left: Word, right: Word) -> Word:
    return Word(left.value - right.value, left.low - right.high, left.high - right.low)


def _product(left: Word, right: Word) -> Word:
    ends = [one * other for one in (left.low, left.high) for other in (right.low, right.high)]
    return Word(left.value * right.value, min(ends), max(ends))


POLYNOMIALS: dict[int, Callable[[Word, Word], Word]] = {
    z3.Z3_OP_BADD: _sum,
    z3.Z3_OP_BSUB: _difference,
    z3.Z3_OP_BMUL: _product,
}
DIVISIONS = {z3.Z3_OP_BUDIV: 0, z3.Z3_OP_BUREM: 1}
EVM = {
    "bvmul": z3.Z3_OP_BMUL,
    "bvudiv": z3.Z3_OP_BUDIV,
    "bvurem": z3.Z3_OP_BUREM,
    "bvsdiv": z3.Z3_OP_BSDIV,
}
"""What halmos asks about first as functions that could be any: here they are always what the EVM makes of them."""


def _operation(term: z3.BitVecRef) -> tuple[int, int]:
    """Kind of operation, and what a quotient by zero is: 0 in the EVM, all ones in SMT-LIB."""
    named = re.fullmatch(r"f_evm_(bv[a-z]+)_\d+", term.decl().name())
    if named and named[1] in EVM:
        return EVM[named[1]], 0
    return term.decl().kind(), 2 ** term.size() - 1


def is_impossible(assertions: list[z3.BoolRef], limit_milliseconds: int = LIMIT_MILLISECONDS) -> bool:
    """Whether no words satisfy the assertions; ``False`` says nothing."""
    translation = Translation()
    for assertion in assertions:
        translation.note_bound(assertion)
    formulas = [translation.truth(assertion) for assertion in assertions]
    solver = z3.Solver()
    solver.set("timeout", limit_milliseconds)
    solver.add(*formulas, *translation.known)
    return bool(solver.check() == z3.unsat)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("query", type=Path, help="SMT-LIB file, as halmos writes it")
    asserted = z3.parse_smt2_string(parser.parse_args().query.read_text("utf-8"))
    print("unsat" if is_impossible(list(asserted)) else "unknown")
