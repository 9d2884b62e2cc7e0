"""Verifies proofs in processes of their own, so that no proof takes the validator along or another's proof with it."""

from __future__ import annotations

import asyncio

from statements.errors import CircuitError
from statements.instances import Instances
from verifier_gen.circuit import Circuit
from verifier_gen.pool import VERIFICATION_SECONDS, ProverPool, WorkerDiedError


class ProofCrashesVerifierError(CircuitError):
    """A proof ended the verifier process twice, the second time alone: it is made to do that."""


class Verifier:
    """A pool of verifying processes, and one more process for proofs under suspicion.

    When a process dies, all proofs in the pool fail with it. Each is then tried once more, one at a time in the process
    for suspects: only the one that ends that too is to blame.

    Args:
        pool: workers that verify.
    """

    def __init__(self, pool: ProverPool) -> None:
        self._pool = pool
        # its process starts with the first suspect
        self._suspects = ProverPool(1, VERIFICATION_SECONDS)
        self._one_at_a_time = asyncio.Lock()

    async def warm(self, circuit: Circuit) -> None:
        """Check a circuit in a worker before the first proof needs it.

        Raises:
            CircuitError: a file is missing or changed.
        """
        await self._pool.warm(circuit.directory, with_proving_key=False)

    async def verify(self, circuit: Circuit, instances: Instances, proof: bytes) -> bool:
        """Whether ``proof`` shows ``instances`` under the circuit.

        Raises:
            ProofCrashesVerifierError: it ends every process that tries it.
            CircuitError: the validator's own circuit is missing or changed.
        """
        try:
            return await self._pool.verify(circuit.directory, instances, proof)
        except WorkerDiedError:
            async with self._one_at_a_time:
                return await self._verify_alone(circuit, instances, proof)

    async def _verify_alone(self, circuit: Circuit, instances: Instances, proof: bytes) -> bool:
        # a process that cannot even open the circuit dies for the validator's own reasons: that is found out first
        await self._suspects.warm(circuit.directory, with_proving_key=False)
        try:
            return await self._suspects.verify(circuit.directory, instances, proof)
        except WorkerDiedError as error:
            raise ProofCrashesVerifierError(
                f"a proof of {len(proof)} bytes ended two verifier processes", remedy="Keep it, and report it."
            ) from error

    def close(self) -> None:
        """Stop the process for suspects; the pool belongs to whoever made it."""
        self._suspects.close()
