"""The asynchronous client."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from neurons.validator.api.messages import CircuitList, CircuitView, MinerList, MinerView, QueryView
from neurons.validator.api.quantise import circuit_inputs
from neurons.validator.api.states import OPEN
from verifier_gen.manifest import CircuitManifest
from veristake.client.answers import VerifiedAnswer
from veristake.client.checking import Asked, SeenNonces, check_answer
from veristake.client.circuit_files import default_cache, obtain
from veristake.client.errors import ApiMalformedError, ApiRefusedError, ApiUnreachableError
from veristake.client.pins import PinnedCircuit
from veristake.client.transport import Transport
from veristake.client.verifying import verify_proof

M = TypeVar("M", bound=BaseModel)

_POLL_SECONDS = 20.0
_FILES_SECONDS = 300.0
_READ_SECONDS = 30.0
_GRACE_SECONDS = 30.0


class AsyncClient:
    """Has inputs proven by a validator's API, and believes nothing that it has not verified itself.

    Args:
        url: of the API.
        key: opens it; ``veristake validator keys new`` makes one.
        circuit: what is asked for, pinned.
        validator: ss58 hotkey that has to have asked the miner; None takes any.
        cache: folder for the circuit's public files; the user's cache folder by default.
    """

    def __init__(
        self,
        url: str,
        key: str,
        circuit: PinnedCircuit,
        *,
        validator: str | None = None,
        cache: Path | None = None,
    ) -> None:
        self._transport = Transport(url, key)
        self._pinned = circuit
        self._validator = validator
        self._cache = cache or default_cache()
        self._seen = SeenNonces()
        self._files: tuple[Path, CircuitManifest] | None = None
        self._fetching = asyncio.Lock()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def query(
        self,
        values: Sequence[float] | None = None,
        *,
        inputs: Sequence[int] | None = None,
        deadline_seconds: float = 120.0,
        idempotency_key: str | None = None,
    ) -> VerifiedAnswer:
        """Have the circuit's outputs proven for an input, and verify the proof here.

        Args:
            values: real numbers in [-1, 1]; each becomes value * 2^input_scale_bits, to the nearest integer, halves
                away from zero.
            inputs: those integers themselves, in place of values.
            deadline_seconds: after this the query expires.
            idempotency_key: the same key for the same query gives the same answer, also from another process; by
                default each call is a query of its own, which retries do not repeat.

        Returns:
            The verified answer.

        Raises:
            WrongInputError: the input does not fit the circuit.
            ApiRefusedError: the API refuses, or no miner gave a right answer; ``fault`` says whose fault it is.
            ApiUnreachableError: there was no answer in time.
            CircuitFilesError: the API has other files than the pinned ones.
            UnbelievableAnswerError: the answer does not hold; its class says in which respect.
            VerifierFailedError: the verifier on this machine did not work.
        """
        directory, manifest = await self._circuit()
        integers = circuit_inputs(manifest.layout, inputs, values)
        key = idempotency_key or secrets.token_hex(16)
        view = await self._asked(integers, deadline_seconds, key)
        if view.failure is not None:
            raise ApiRefusedError(200, view.failure)
        if view.result is None:
            raise ApiMalformedError(f"query {view.query_id} has ended without result and failure")
        result = view.result
        asked = Asked(query_id=view.query_id, inputs=integers, validator=self._validator)
        instances = check_answer(result, manifest.layout, self._pinned, asked)
        await verify_proof(directory, instances, bytes.fromhex(result.proof[2:]))
        self._seen.check(result.nonce, key)
        one = 1 << manifest.layout.output_scale_bits
        return VerifiedAnswer(
            query_id=view.query_id,
            values=tuple(output / one for output in instances.outputs),
            outputs=instances.outputs,
            inputs=instances.inputs,
            result=result,
        )

    async def circuits(self) -> tuple[CircuitView, ...]:
        """Circuits that the API offers, as it says; nothing of it is verified.

        Raises:
            ClientError: the API gives no answer, or not this one.
        """
        content = await self._read("/v1/circuits")
        return _parsed(CircuitList, content).circuits

    async def miners(self) -> tuple[MinerView, ...]:
        """Miners of the network, as the API says; nothing of it is verified.

        Raises:
            ClientError: the API gives no answer, or not this one.
        """
        return _parsed(MinerList, await self._read("/v1/miners")).miners

    async def _read(self, path: str) -> bytes:
        return await self._transport.ask("GET", path, give_up_at=time.monotonic() + _READ_SECONDS)

    async def _circuit(self) -> tuple[Path, CircuitManifest]:
        async with self._fetching:
            if self._files is None:
                self._files = await obtain(self._pinned, self._cache, self._file)
            return self._files

    async def _file(self, name: str) -> bytes:
        path = f"/v1/circuits/{self._pinned.circuit_id}/files/{name}"
        give_up_at = time.monotonic() + _FILES_SECONDS
        return await self._transport.ask("GET", path, give_up_at=give_up_at, wait=_FILES_SECONDS)

    async def _asked(self, inputs: tuple[int, ...], deadline_seconds: float, key: str) -> QueryView:
        """The query once it has ended."""
        give_up_at = time.monotonic() + deadline_seconds + _GRACE_SECONDS
        content = {
            "circuit_id": self._pinned.circuit_id,
            "inputs": inputs,
            "deadline_seconds": float(deadline_seconds),
            "idempotency_key": key,
        }
        headers = {"Prefer": f"wait={_POLL_SECONDS:.0f}"}
        view = _parsed(
            QueryView,
            await self._transport.ask(
                "POST", "/v1/queries", give_up_at=give_up_at, wait=_POLL_SECONDS, content=content, headers=headers
            ),
        )
        query_id = view.query_id
        while view.state in OPEN:
            if time.monotonic() >= give_up_at:
                raise ApiUnreachableError(f"query {query_id} is {view.state} after its deadline")
            path = f"/v1/queries/{query_id}?wait={_POLL_SECONDS:.0f}"
            answer = await self._transport.ask("GET", path, give_up_at=give_up_at, wait=_POLL_SECONDS)
            view = _parsed(QueryView, answer)
        if view.query_id != query_id:
            raise ApiMalformedError(f"query {query_id} was asked for, {view.query_id} came")
        return view


def _parsed(model: type[M], content: bytes) -> M:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ApiMalformedError(f"the API's answer is not understood: {where}: {first['msg']}") from error
