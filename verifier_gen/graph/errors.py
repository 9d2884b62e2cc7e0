"""The one error of this package, apart from the modules that import onnx."""

from __future__ import annotations

from statements.errors import CircuitError


class NetworkError(CircuitError):
    """An ONNX network that cannot become a circuit."""
