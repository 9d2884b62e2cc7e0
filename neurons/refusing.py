"""From a reason to refuse to a typed HTTP answer, the same for miner and validator."""

from __future__ import annotations

import math

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from neurons.messages import RefusalCode
from signed_http.refusal import Fault, Refusal
from statements.errors import VeristakeError

HTTP_STATUS: dict[RefusalCode, tuple[int, Fault]] = {
    RefusalCode.MALFORMED_REQUEST: (422, Fault.CALLER),
    RefusalCode.UNKNOWN_ROUTE: (404, Fault.CALLER),
    RefusalCode.NOT_A_VALIDATOR: (403, Fault.CALLER),
    RefusalCode.NOT_A_READER: (403, Fault.CALLER),
    RefusalCode.RATE_LIMITED: (429, Fault.CALLER),
    RefusalCode.NO_VALIDATOR_PERMIT: (403, Fault.CALLER),
    RefusalCode.NOT_ENOUGH_STAKE: (403, Fault.CALLER),
    RefusalCode.NETWORK_UNAVAILABLE: (503, Fault.NOBODY),
    RefusalCode.CIRCUIT_NOT_HELD: (404, Fault.CALLER),
    RefusalCode.CIRCUIT_TOO_LARGE: (503, Fault.RESPONDER),
    RefusalCode.WRONG_INPUT_COUNT: (422, Fault.CALLER),
    RefusalCode.INPUT_OUT_OF_RANGE: (422, Fault.CALLER),
    RefusalCode.NOT_COMPETING: (404, Fault.CALLER),
    RefusalCode.WRONG_HOME: (409, Fault.CALLER),
    RefusalCode.WRONG_MODEL: (409, Fault.CALLER),
    RefusalCode.WRONG_CONFIG_VERSION: (409, Fault.CALLER),
    RefusalCode.INPUTS_UNAVAILABLE: (409, Fault.NOBODY),
    RefusalCode.CHAIN_UNAVAILABLE: (502, Fault.RESPONDER),
    RefusalCode.QUEUE_FULL: (503, Fault.NOBODY),
    RefusalCode.CALLER_LIMIT: (429, Fault.CALLER),
    RefusalCode.CALLER_LEFT: (499, Fault.CALLER),
    RefusalCode.DEADLINE_TOO_SHORT: (503, Fault.NOBODY),
    RefusalCode.DEADLINE_PASSED: (504, Fault.RESPONDER),
    RefusalCode.PROVING_FAILED: (500, Fault.RESPONDER),
}
"""Status and fault of each code."""


class RefusedError(VeristakeError):
    """A request that is not answered.

    Args:
        code: why.
        message: one sentence for a person.
        retry_after: seconds after which asking again makes sense; None when it does not.
    """

    def __init__(self, code: RefusalCode, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after

    def response(self) -> JSONResponse:
        """The HTTP answer."""
        status, fault = HTTP_STATUS[self.code]
        refusal = Refusal(code=self.code, message=self.message, fault=fault, retry_after_seconds=self.retry_after)
        headers = {} if self.retry_after is None else {"Retry-After": str(math.ceil(self.retry_after))}
        return JSONResponse(refusal.model_dump(mode="json"), status_code=status, headers=headers)


def refuse_in_types(app: FastAPI) -> None:
    """Let every error answer of ``app`` carry a Refusal."""

    @app.exception_handler(RefusedError)
    async def refused(_request: Request, error: RefusedError) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return RefusedError(RefusalCode.MALFORMED_REQUEST, f"{where}: {first['msg']}").response()

    @app.exception_handler(HTTPException)
    async def no_route(request: Request, error: HTTPException) -> JSONResponse:
        message = f"{request.method} {request.url.path}: {error.detail}"
        return RefusedError(RefusalCode.UNKNOWN_ROUTE, message).response()
