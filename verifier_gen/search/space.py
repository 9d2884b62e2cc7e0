"""Which candidates there are for a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from verifier_gen.graph.rewrites_kinds import Rewrite
from verifier_gen.recipe import CircuitRecipe
from verifier_gen.search.candidate import Candidate

_REWRITES: tuple[tuple[Rewrite, ...], ...] = (
    (),
    (Rewrite.SEPARATE_GATES,),
    (Rewrite.SEPARATE_GATES, Rewrite.SINGLE_USE),
    (Rewrite.LATE_RESCALING, Rewrite.SINGLE_USE),
    (Rewrite.SEPARATE_GATES, Rewrite.LATE_RESCALING, Rewrite.SINGLE_USE),
)
_TANH_REWRITES: tuple[tuple[Rewrite, ...], ...] = (
    (Rewrite.SEPARATE_GATES, Rewrite.ONE_TABLE),
    (Rewrite.SEPARATE_GATES, Rewrite.ONE_TABLE, Rewrite.LATE_RESCALING, Rewrite.SINGLE_USE),
    tuple(Rewrite),
)
_DECOMPOSITIONS = ((16_384, 2), (1_024, 3), (16_352, 1), (32_736, 1), (65_536, 1))
"""Base and digits: one digit saves a fifth of a rescaling's rows, but its base must hold every value."""
_SCALE_STEPS = (0, -1, 1, -2)


def candidates(recipe: CircuitRecipe, operators: frozenset[str], scales: Sequence[int] = ()) -> list[Candidate]:
    """Every candidate, the recipe's own first.

    Args:
        recipe: where scales start.
        operators: of the prepared network: tanh has rewrites of its own.
        scales: input scales to try; around the recipe's by default.
    """
    tried = tuple(scales) or tuple(recipe.input_scale + step for step in _SCALE_STEPS)
    found = dict.fromkeys([own_candidate(recipe)])
    found.update(dict.fromkeys(_grid(tried, operators)))
    return list(found)


def own_candidate(recipe: CircuitRecipe) -> Candidate:
    """The recipe as it stands: what others are compared with."""
    fields = ("input_scale", "param_scale", "num_inner_cols", "decomp_base", "decomp_legs", "scale_rebase_multiplier")
    return Candidate(**{field: getattr(recipe, field) for field in fields})


def _grid(scales: tuple[int, ...], operators: frozenset[str]) -> Iterator[Candidate]:
    rewrites = _REWRITES + (_TANH_REWRITES if "Tanh" in operators else ())
    for scale, chosen, (base, legs) in product(scales, rewrites, _DECOMPOSITIONS):
        late = Rewrite.LATE_RESCALING in chosen
        yield Candidate(
            rewrites=chosen, input_scale=scale, param_scale=0 if late else scale, decomp_base=base, decomp_legs=legs
        )
        if late and legs == 1:
            yield Candidate(
                rewrites=chosen, input_scale=scale, param_scale=0, decomp_base=base, decomp_legs=1, split_tables=True
            )
    for scale, (base, legs) in product(scales[:2], _DECOMPOSITIONS[:1]):
        for chosen in rewrites[:1] + rewrites[-1:]:
            late = Rewrite.LATE_RESCALING in chosen
            common = {"rewrites": chosen, "input_scale": scale, "decomp_base": base, "decomp_legs": legs}
            weights = 0 if late else scale
            yield Candidate(**common, param_scale=weights, num_inner_cols=2)
            if not late:
                yield Candidate(**common, param_scale=weights, scale_rebase_multiplier=2)
