"""The solver of proofs about quotients: what it calls impossible, bit-blasting finds impossible as well."""

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.integer_solver import is_impossible

BITS = 6
A, B = z3.BitVecs("a b", BITS)
EVM_DIVISION = z3.Function("f_evm_bvudiv_6", A.sort(), A.sort(), A.sort())
EVM_SIGNED_DIVISION = z3.Function("f_evm_bvsdiv_6", A.sort(), A.sort(), A.sort())
EVM_REST = z3.Function("f_evm_bvurem_6", A.sort(), A.sort(), A.sort())
EVM_PRODUCT = z3.Function("f_evm_bvmul_6", A.sort(), A.sort(), A.sort())
TRANSLATED = {
    "sum": lambda x, y: x + y,
    "difference": lambda x, y: x - y,
    "product": lambda x, y: x * y,
    "quotient": z3.UDiv,
    "rest": z3.URem,
    "EVM quotient": EVM_DIVISION,
    "EVM rest": EVM_REST,
    "EVM signed quotient": EVM_SIGNED_DIVISION,
    "EVM product": EVM_PRODUCT,
    "signed quotient": lambda x, y: x / y,
    "choice": lambda x, y: z3.If(z3.ULT(x, y), x, y),
    "signed choice": lambda x, y: z3.If(x < y, x, y),
    "parts": lambda x, y: z3.Concat(z3.Extract(2, 0, x), z3.Extract(4, 2, y)),
    "parts of a sum": lambda x, y: z3.Concat(z3.Extract(5, 4, x + y), z3.Extract(3, 0, x - y)),
    "padded part": lambda x, _: z3.ZeroExt(3, z3.Extract(3, 1, x)),
    "part of a product": lambda x, y: z3.ZeroExt(4, z3.Extract(4, 3, x * y)),
}
UNTRANSLATED = {
    "bits": lambda x, y: x & y,
    "left shift": lambda x, y: x << y,
    "right shift": z3.LShR,
    "signed right shift": lambda x, y: x >> y,
    "signed rest": z3.SRem,
    "negation": lambda x, _: -x,
    "complement": lambda _, y: ~y,
    "signed part": lambda x, _: z3.SignExt(2, z3.Extract(4, 1, x)),
}
OPERATIONS = list((TRANSLATED | UNTRANSLATED).values())
EDGES = [0, 1, 5, 2**5 - 1, 2**5, 2**BITS - 1]
UNSIGNED = [z3.ULT, z3.ULE, z3.UGT, z3.UGE, lambda x, y: x == y, lambda x, y: x != y]
COMPARISONS = [*UNSIGNED, lambda x, y: x < y, lambda x, y: x <= y, lambda x, y: x > y, lambda x, y: x >= y]
words = st.one_of(st.sampled_from(EDGES), st.integers(0, 2**BITS - 1))
terms = st.recursive(
    st.one_of(st.sampled_from([A, B]), st.integers(0, 2**BITS - 1).map(lambda value: z3.BitVecVal(value, BITS))),
    lambda inner: st.builds(lambda operation, x, y: operation(x, y), st.sampled_from(OPERATIONS), inner, inner),
    max_leaves=4,
)
formulas = st.builds(lambda compare, x, y: compare(x, y), st.sampled_from(COMPARISONS), terms, terms)


def evm(formula):
    """With the EVM's meaning in place of halmos's names."""
    x, y = z3.Var(0, A.sort()), z3.Var(1, A.sort())
    division = z3.If(y == 0, z3.BitVecVal(0, BITS), z3.UDiv(x, y))
    rest = z3.If(y == 0, z3.BitVecVal(0, BITS), z3.URem(x, y))
    signed = z3.If(y == 0, z3.BitVecVal(0, BITS), x / y)
    # a term's arguments are replaced after it: as often as terms are deep
    for _ in range(4):
        formula = z3.substitute_funs(
            formula,
            (EVM_DIVISION, division),
            (EVM_REST, rest),
            (EVM_SIGNED_DIVISION, signed),
            (EVM_PRODUCT, x * y),
        )
    return formula


def at(term, a, b):
    """What the term is for these words, by bit-blasting."""
    return z3.simplify(z3.substitute(evm(term), (A, z3.BitVecVal(a, BITS)), (B, z3.BitVecVal(b, BITS))))


def at_all_edges(facts):
    """For each pair of edges words of their own, and what `facts` says of them and their values."""
    assertions, said = [], []
    for a in EDGES:
        for b in EDGES:
            x, y = z3.BitVecs(f"a{a}_{b} b{a}_{b}", BITS)
            assertions += [x == a, y == b]
            said.append(facts(x, y, a, b))
    return assertions, said


def is_possible(assertions):
    solver = z3.Solver()
    solver.add(*map(evm, assertions))
    return solver.check() == z3.sat


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(formulas, min_size=1, max_size=3))
def test_is_impossible_of_any_formulas_is_never_said_of_what_is_possible(assertions):
    if is_possible(assertions):
        assert not is_impossible(assertions, 200)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(terms, formulas, words, words)
def test_is_impossible_of_any_terms_own_value_is_never_said(term, formula, a, b):
    holds = formula if z3.is_true(at(formula, a, b)) else z3.Not(formula)
    assert not is_impossible([a == A, b == B, term == at(term, a, b), holds], 200)


@pytest.mark.parametrize("name", TRANSLATED | UNTRANSLATED)
def test_is_impossible_of_an_operations_value_is_never_said_and_of_another_always(name):
    operation = (TRANSLATED | UNTRANSLATED)[name]
    words, right = at_all_edges(lambda x, y, a, b: operation(x, y) == at(operation(A, B), a, b))
    assert not is_impossible([*words, *right])
    if name in TRANSLATED:
        assert is_impossible([*words, z3.Not(z3.And(right))])


@pytest.mark.parametrize("compare", COMPARISONS)
def test_is_impossible_of_a_comparisons_answer_is_never_said_and_of_the_other_always(compare):
    words, right = at_all_edges(lambda x, y, a, b: compare(x + y, y) == at(compare(A + B, B), a, b))
    assert not is_impossible([*words, *right])
    assert is_impossible([*words, z3.Not(z3.And(right))])


def test_is_impossible_distinction_of_three_is_not_taken_for_one_of_two():
    third = z3.BitVec("c", BITS)
    assert not is_impossible([z3.Not(z3.Distinct(A, B, third)), A != B])
    assert not is_impossible([z3.Distinct(A, B, third), z3.ULE(A, B)])


def test_is_impossible_of_what_quotients_rule_out_is_said():
    word, other = z3.BitVecs("word other", 256)
    below = [word == z3.Concat(z3.BitVecVal(0, 128), z3.Extract(127, 0, word)), z3.ULE(other, word)]
    assert is_impossible([*below, z3.UGT(z3.UDiv(other, 3600), z3.UDiv(word, 3600))])
    assert not is_impossible([*below, z3.UGE(z3.UDiv(other, 3600), z3.UDiv(word, 3600))])


def test_is_impossible_bound_of_a_variable_holds_for_it_alone():
    word, other = z3.BitVecs("word other", 16)
    bounded = word == z3.Concat(z3.BitVecVal(0, 8), z3.Extract(7, 0, word))
    assert is_impossible([bounded, z3.UGT(word, 255)])
    assert not is_impossible([bounded, z3.UGT(other, 255)])
    assert not is_impossible([word == z3.Concat(z3.BitVecVal(1, 8), z3.Extract(7, 0, word)), z3.UGT(word, 255)])
