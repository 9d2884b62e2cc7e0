"""EZKL's settings, as far as they decide what integers a circuit computes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier_gen.reference.program import IntArray, ReferenceCircuitError, Shape
from verifier_gen.reference.tables import half_away


@dataclass(frozen=True)
class FixedPoint:
    """Scales and ranges of a circuit.

    Attributes:
        input_scale: inputs are at 2^input_scale.
        param_scale: constants are at 2^param_scale.
        rebase_scale: a value finer than 2^(rebase_scale * rebase_multiplier) is divided down to it.
        rebase_multiplier: see there.
        round_constants_unscaled: constants without a fraction are kept at scale 0.
        lookup_range: arguments that tables cover.
        range_limit: base^legs of the decomposition.
        shapes: of the inputs, then of the outputs.
    """

    input_scale: int
    param_scale: int
    rebase_scale: int
    rebase_multiplier: int
    round_constants_unscaled: bool
    lookup_range: tuple[int, int]
    range_limit: int
    shapes: tuple[Shape, ...]

    @property
    def finest(self) -> int:
        """The finest scale that a value keeps."""
        return self.rebase_scale * self.rebase_multiplier


def read_fixed_point(path: Path) -> FixedPoint:
    """Read EZKL's settings.

    Raises:
        ReferenceCircuitError: missing, malformed, or an arithmetic that the reference does not know.
    """
    try:
        settings: dict[str, Any] = json.loads(path.read_text("utf-8"))
        arguments = settings["run_args"]
        rebase_scale = arguments.get("rebase_scale")
        lowest, highest = arguments["lookup_range"]
        return FixedPoint(
            input_scale=int(arguments["input_scale"]),
            param_scale=int(arguments["param_scale"]),
            rebase_scale=int(
                rebase_scale if rebase_scale is not None else max(arguments["input_scale"], arguments["param_scale"])
            ),
            rebase_multiplier=int(arguments["scale_rebase_multiplier"]),
            round_constants_unscaled=bool(arguments["rebase_frac_zero_constants"]),
            lookup_range=(int(lowest), int(highest)),
            range_limit=int(arguments["decomp_base"]) ** int(arguments["decomp_legs"]),
            shapes=tuple(tuple(int(n) for n in shape) for shape in settings["model_instance_shapes"]),
        )
    except OSError as error:
        raise ReferenceCircuitError(f"cannot read settings {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ReferenceCircuitError(f"{path} does not hold EZKL's settings: {error!r}") from error


def quantized(values: NDArray[np.float32], scale_bits: int) -> IntArray:
    """Constants at ``2^scale_bits``, rounded half away from zero from float64 products of float32 values."""
    return half_away(values.astype(np.float64) * float(2.0**scale_bits))
