"""The processes that verify: no bytes are taken for a proof, and no proof takes a process or another's proof along."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurons.validator.verification import ProofCrashesVerifierError, Verifier
from statements.instances import Instances
from statements.quantities import FIELD_MODULUS
from tests.integration.validator.proofs import Proofs, flipped
from verifier_gen.pool import VERIFICATION_SECONDS, ProverPool
from verifier_gen.prover import verify

_FIELD_BYTES = [bytes(32), b"\xff" * 32, FIELD_MODULUS.to_bytes(32, "little"), (1).to_bytes(32, "little")]


@st.composite
def broken_proofs(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Ways to break a proof: noise of any length, noise of the right length, field elements replaced, bits flipped."""
    way = draw(st.integers(0, 3))
    if way == 0:
        noise = draw(st.binary(max_size=4096))
        return lambda proof: noise
    if way == 1:
        seed = draw(st.binary(min_size=32, max_size=32))
        return lambda proof: (seed * (len(proof) // 32 + 1))[: len(proof)]
    place, element = draw(st.integers(0, 60)), draw(st.sampled_from(_FIELD_BYTES) | st.binary(min_size=32, max_size=32))
    if way == 2:
        return lambda proof: proof[: 32 * place] + element + proof[32 * (place + 1) :]
    bit = draw(st.integers(0, 15_000))
    return lambda proof: flipped(proof, bit % len(proof))


def test_verify_any_bytes_are_refused_and_the_process_lives_on(proofs: Proofs, shared_pool: ProverPool) -> None:
    verifier = Verifier(shared_pool)
    honest, circuit = proofs.honest, proofs.circuit
    assert asyncio.run(verifier.verify(circuit, honest.instances, honest.proof))
    workers = shared_pool.worker_pids

    @settings(max_examples=60)
    @given(broken_proofs())
    def refuse(broken: Callable[[bytes], bytes]) -> None:
        proof = broken(honest.proof)
        held = asyncio.run(verifier.verify(circuit, honest.instances, proof))
        assert held == (proof == honest.proof)

    refuse()
    assert asyncio.run(verifier.verify(circuit, honest.instances, honest.proof))
    assert shared_pool.worker_pids == workers
    verifier.close()


def test_verify_dead_worker_costs_no_honest_proof(proofs: Proofs, shared_pool: ProverPool) -> None:
    verifier = Verifier(shared_pool)

    async def go() -> bool:
        await verifier.warm(proofs.circuit)
        for pid in shared_pool.worker_pids:
            os.kill(pid, signal.SIGKILL)
        return await verifier.verify(proofs.circuit, proofs.honest.instances, proofs.honest.proof)

    assert asyncio.run(go())
    verifier.close()


HANGING = b"hangs"


def hang(place: str) -> bool:
    """Stands for a proof on which EZKL does not come to an end."""
    with Path(place).open("a") as begun:
        begun.write("x")
    time.sleep(3600)
    return True


class HangingPool(ProverPool):
    """Works as the real one, but for one proof."""

    place: Path

    async def verify(self, directory: Path, instances: Instances, proof: bytes) -> bool:
        if proof == HANGING:
            return await self._run(hang, str(self.place))
        return await super().verify(directory, instances, proof)


def test_verify_proof_that_hangs_holds_up_the_others_for_one_limit_only(
    proofs: Proofs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test's own clock: a limit has passed when the test says so, however slow the machine is."""
    limits: list[tuple[float | None, asyncio.Timeout]] = []
    limit_of = asyncio.timeout

    def limit(seconds: float | None) -> asyncio.Timeout:
        limits.append((seconds, limit_of(None)))
        return limits[-1][1]

    def pass_all_limits() -> None:
        now = asyncio.get_running_loop().time()
        for _, each in limits:
            with suppress(RuntimeError):  # ended, or not begun
                each.reschedule(now)

    monkeypatch.setattr("verifier_gen.pool.asyncio.timeout", limit)
    monkeypatch.setattr("neurons.validator.verification.ProverPool", HangingPool)
    HangingPool.place = tmp_path / "begun"
    pool = HangingPool(1, VERIFICATION_SECONDS)
    verifier, honest = Verifier(pool), proofs.honest

    async def begun(times: int) -> None:
        while not (HangingPool.place.exists() and len(HangingPool.place.read_text()) == times):
            await asyncio.sleep(0.01)

    async def go() -> None:
        hanging = asyncio.create_task(verifier.verify(proofs.circuit, honest.instances, HANGING))
        others = [
            asyncio.create_task(verifier.verify(proofs.circuit, honest.instances, honest.proof)) for _ in range(2)
        ]
        await asyncio.wait_for(begun(1), 60)
        pass_all_limits()
        # while the one under suspicion hangs on
        assert await asyncio.wait_for(asyncio.gather(*others), 60) == [True, True]
        await asyncio.wait_for(begun(2), 60)
        assert not hanging.done()
        pass_all_limits()
        with pytest.raises(ProofCrashesVerifierError):
            await hanging

    asyncio.run(go())
    assert {seconds for seconds, _ in limits} == {VERIFICATION_SECONDS}
    verifier.close()
    pool.close()


class PanicException(BaseException):
    """Stands for a panic of the library, which is no Exception."""


def test_verify_library_panics_is_an_invalid_proof(proofs: Proofs, monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(*_: Any) -> bool:
        raise PanicException("index out of bounds")

    monkeypatch.setattr("verifier_gen.prover.ezkl_library.verify", panic)
    assert verify(proofs.circuit, proofs.honest.instances, proofs.honest.proof) is False
