"""Runs a search: counts every candidate, then proves the most promising, keeping each result as it comes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from statements.errors import CircuitError
from verifier_gen.chain.measure import ChainTools
from verifier_gen.circuit import CircuitPaths
from verifier_gen.search.candidate import Candidate, result_key
from verifier_gen.search.cost import Weights, cost_of, objective, pareto
from verifier_gen.search.count import count_candidate
from verifier_gen.search.limits import Limits, run_limited
from verifier_gen.search.prove import prove_candidate
from verifier_gen.search.results import Cost, Counted, Result, ResultsFile
from verifier_gen.search.target import Target

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How a search goes about it.

    Attributes:
        error_bound: largest error against float that a candidate may have.
        prove: how many candidates to prove.
        weights: of the objective.
        limits: of each step in a process of its own.
        folder: for files of candidates; keys are removed once a candidate is proven.
        srs_cache: folder of SRS files.
        tools: compiler and Anvil; None leaves gas predicted.
    """

    error_bound: float
    prove: int
    weights: Weights
    limits: Limits
    folder: Path
    srs_cache: Path
    tools: ChainTools | None


class Search:
    """A search over candidates of one network.

    Args:
        target: the network.
        plan: bounds, weights and folders.
        results: where results are kept; what is there already is not done again.
        progress: told of each step.
    """

    def __init__(self, target: Target, plan: Plan, results: ResultsFile, progress: Progress) -> None:
        self._target, self._plan, self._results, self._progress = target, plan, results, progress

    def run(self, candidates: Sequence[Candidate]) -> list[Result]:
        """Results of all candidates, in their order; the first is the reference of the objective.

        Raises:
            CircuitError: EZKL refuses every candidate.
        """
        for number, candidate in enumerate(candidates, start=1):
            if self._results.get(self._key(candidate)) is None:
                result = self._counted(candidate)
                self._results.put(result)
                self._progress(f"{number}/{len(candidates)} {candidate.label}: {_outcome(result)}")
        results = self._all(candidates)
        if not any(result.counted for result in results):
            raise CircuitError(
                f"EZKL refuses all {len(results)} candidates; the first: {results[0].fault}",
                remedy="Check the network: veristake circuit build tells what EZKL cannot take",
            )
        while (chosen := self._next_to_prove(self._all(candidates))) is not None:
            self._progress(f"proving {chosen.candidate.label}")
            result = self._proven(chosen)
            self._results.put(result)
            self._progress(f"  {result.fault or _proof_outcome(result)}")
        return self._all(candidates)

    def best(self, results: Sequence[Result]) -> Result | None:
        """The proven result within the error bound with the smallest objective."""
        usable = [r for r in results if r.proven is not None and is_admissible(r, self._plan.error_bound)]
        reference = reference_cost(results)
        return min(usable, key=lambda r: objective(cost_of(r), reference, self._plan.weights), default=None)

    def files(self, result: Result) -> CircuitPaths:
        """The candidate's network and settings, counted again where they are gone."""
        paths = self._paths(result.candidate)
        if not paths.compiled.is_file():
            run_limited(self._plan.limits, count_candidate, self._target, result.candidate, paths)
        return paths

    def _all(self, candidates: Sequence[Candidate]) -> list[Result]:
        found = [self._results.get(self._key(candidate)) for candidate in candidates]
        return [result for result in found if result is not None]

    def _key(self, candidate: Candidate) -> str:
        return result_key(candidate, self._target.onnx_hash, self._target.test_hash)

    def _paths(self, candidate: Candidate) -> CircuitPaths:
        return CircuitPaths(self._plan.folder / self._key(candidate)[:16])

    def _counted(self, candidate: Candidate) -> Result:
        paths = self._paths(candidate)
        counted: Counted | None = None
        fault = ""
        try:
            counted = run_limited(self._plan.limits, count_candidate, self._target, candidate, paths)
        except CircuitError as error:
            fault = error.message
        shutil.rmtree(paths.directory, ignore_errors=True)
        return Result(key=self._key(candidate), candidate=candidate, counted=counted, fault=fault)

    def _next_to_prove(self, results: Sequence[Result]) -> Result | None:
        """The reference first, then by predicted objective."""
        if sum(result.proven is not None for result in results) >= self._plan.prove:
            return None
        open_ones = [r for r in results if r.proven is None and not r.fault and r.counted is not None]
        if results[0] in open_ones:
            return results[0]
        usable = [r for r in open_ones if is_admissible(r, self._plan.error_bound)]
        reference = reference_cost(results)
        return min(usable, key=lambda r: objective(cost_of(r), reference, self._plan.weights), default=None)

    def _proven(self, result: Result) -> Result:
        paths, plan = self.files(result), self._plan
        assert result.counted is not None  # noqa: S101 - only counted results are chosen
        try:
            proven = prove_candidate(
                self._target, result.candidate, result.counted, paths, plan.srs_cache, plan.tools, plan.limits
            )
            fault = "" if proven.error <= plan.error_bound else f"proven output is off by {proven.error:.2g}"
            return result.model_copy(update={"proven": proven, "fault": fault})
        except CircuitError as error:
            return result.model_copy(update={"fault": error.message})
        finally:
            shutil.rmtree(paths.directory, ignore_errors=True)


def is_admissible(result: Result, error_bound: float) -> bool:
    """Whether a result has outputs that are right: within the bound, and equal to the reference where there is one."""
    counted = result.counted
    return counted is not None and not result.fault and counted.max_error <= error_bound and not counted.mismatches


def reference_cost(results: Sequence[Result]) -> Cost:
    """Cost of the first result that was counted: what the objective is relative to."""
    return cost_of(next(result for result in results if result.counted is not None))


def pareto_results(results: Sequence[Result], error_bound: float) -> list[Result]:
    """Admissible results that no other beats."""
    usable = [result for result in results if is_admissible(result, error_bound)]
    costs = [cost_of(result) for result in usable]
    errors = [result.counted.max_error for result in usable if result.counted is not None]
    return [usable[i] for i in pareto(costs, errors)]


def _outcome(result: Result) -> str:
    counted = result.counted
    if counted is None:
        return result.fault.splitlines()[0][:160]
    return f"{counted.rows} rows, k={counted.logrows}, error {counted.max_error:.1e}"


def _proof_outcome(result: Result) -> str:
    assert result.proven is not None  # noqa: S101 - no fault
    cost = result.proven.cost
    return f"{cost.cpu_s:.1f} cpu-s, {cost.memory_mb:.0f} MB, {cost.gas:,.0f} gas, {cost.proof_bytes:.0f} bytes"
