"""The reference run of the network in floats; the only module that imports onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from staking_model.features import INPUTS
from staking_model.network import WeightsError
from staking_model.shipped import shipped_model


class Reference:
    """A network opened in onnxruntime.

    Args:
        onnx: path of the network; by default the shipped one.

    Raises:
        ModelCardError: the shipped network is missing or changed.
        WeightsError: the file is not a network that onnxruntime can open.
    """

    def __init__(self, onnx: Path | None = None) -> None:
        path = onnx if onnx is not None else shipped_model().onnx
        try:
            self._session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own exceptions share no public base
            raise WeightsError(f"cannot open {path} as a network: {error}", remedy="Restore the ONNX file") from error
        # the tag has no effect on the scores, so any value serves
        self._constants = {
            wanted.name: np.zeros(wanted.shape, dtype=np.float32) for wanted in self._session.get_inputs()[1:]
        }
        self._features_name = self._session.get_inputs()[0].name

    def scores(self, inputs: Sequence[int], input_scale_bits: int) -> tuple[float, float]:
        """Staking duration over MAX_DURATION and exit risk, each in (0, 1).

        Args:
            inputs: 32 features, signed fixed point at 2^input_scale_bits.
            input_scale_bits: their scale.

        Raises:
            WeightsError: not 32 inputs.
        """
        if len(inputs) != INPUTS:
            raise WeightsError(f"{len(inputs)} inputs given, the network takes {INPUTS}")
        features = np.asarray([inputs], dtype=np.float32) / np.float32(1 << input_scale_bits)
        outputs = self._session.run(None, {self._features_name: features, **self._constants})[0]
        duration, risk = (float(value) for value in outputs[0])
        return duration, risk
