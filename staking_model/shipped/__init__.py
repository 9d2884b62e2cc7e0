"""The trained model that comes with the package: ONNX, and its card for machines and for people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from staking_model.card import ModelCard, read_card

ONNX_NAME: Final = "staking_lstm.onnx"
CARD_NAME: Final = "model_card.json"
CARD_TEXT_NAME: Final = "model_card.md"
SHIPPED_DIRECTORY: Final = Path(__file__).parent


@dataclass(frozen=True)
class ShippedModel:
    """A model's files.

    Attributes:
        onnx: the network.
        card: what it is, checked against the network's hash.
    """

    onnx: Path
    card: ModelCard


def shipped_model(directory: Path = SHIPPED_DIRECTORY) -> ShippedModel:
    """The model in a directory; by default the one that comes with the package.

    Raises:
        ModelCardError: a file is missing or malformed, or the ONNX is not the one that the card describes.
    """
    onnx = directory / ONNX_NAME
    return ShippedModel(onnx=onnx, card=read_card(directory / CARD_NAME, onnx))
