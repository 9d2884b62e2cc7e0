"""The solver of proofs about quotients: what it calls impossible, bit-blasting finds impossible as well."""

import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.integer_solver import is_impossible

BITS = 6
A, B = z3.BitVecs("a b", BITS)
EVM_DIVISION = z3.Function("f_evm_bvudiv_6", A.sort(), A.sort(), A.sort())
EVM_SIGNED_DIVISION = z3.Function("f_evm_bvsdiv_6", A.sort(), A.sort(), A.sort())
EVM_PRODUCT = z3.Function("f_evm_bvmul_6", A.sort(), A.sort(), A.sort())
OPERATIONS = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    z3.UDiv,
    z3.URem,
    EVM_DIVISION,
    EVM_SIGNED_DIVISION,
    EVM_PRODUCT,
    lambda x, y: x / y,
    lambda x, y: x & y,
    lambda x, y: z3.If(z3.ULT(x, y), x, y),
    lambda x, y: z3.Concat(z3.Extract(2, 0, x), z3.Extract(4, 2, y)),
    lambda x, _: z3.ZeroExt(3, z3.Extract(3, 1, x)),
]
UNSIGNED = [z3.ULT, z3.ULE, z3.UGT, z3.UGE, lambda x, y: x == y, lambda x, y: x != y]
COMPARISONS = [*UNSIGNED, lambda x, y: x < y, lambda x, y: x >= y]
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
    signed = z3.If(y == 0, z3.BitVecVal(0, BITS), x / y)
    # a term's arguments are replaced after it: as often as terms are deep
    for _ in range(4):
        formula = z3.substitute_funs(
            formula, (EVM_DIVISION, division), (EVM_SIGNED_DIVISION, signed), (EVM_PRODUCT, x * y)
        )
    return formula


def is_possible(assertions):
    solver = z3.Solver()
    solver.add(*map(evm, assertions))
    return solver.check() == z3.sat


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(formulas, min_size=1, max_size=3))
def test_is_impossible_of_any_formulas_is_never_said_of_what_is_possible(assertions):
    if is_possible(assertions):
        assert not is_impossible(assertions, 200)


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
