"""Features and scores computed anew from the chain's events, sharing no code with the project."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import onnxruntime
from eth_abi.abi import decode
from eth_utils.crypto import keccak
from web3 import Web3

ONNX = Path(__file__).resolve().parents[2] / "staking_model" / "shipped" / "staking_lstm.onnx"
WINDOW = 8
_OBSERVED = keccak(text="Observed(address,uint32,(uint96,uint96,uint40,uint8,uint16,uint104,uint104,uint32,bool))")
_CONFIG_ADDED = keccak(
    text="AssetConfigAdded(address,uint16,uint32,(address,address,uint32,(uint32,uint32,uint32,uint32,uint8)))"
)


def _logs(web3: Web3, observer: str, topic: bytes, token: str) -> list:
    padded = "0x" + token[2:].lower().rjust(64, "0")
    return web3.eth.get_logs({"fromBlock": 0, "address": observer, "topics": ["0x" + topic.hex(), padded]})


def observations(web3: Web3, observer: str, token: str) -> dict[int, dict[str, int]]:
    """Observations by epoch, from the Observed events."""
    fields = ("rate", "price", "observed_at", "elapsed", "config", "total", "supply", "price_age", "carried")
    found = {}
    for log in _logs(web3, observer, _OBSERVED, token):
        (values,) = decode(["(uint96,uint96,uint40,uint8,uint16,uint104,uint104,uint32,bool)"], log["data"])
        found[int(log["topics"][2].hex(), 16)] = dict(zip(fields, values, strict=True))
    return found


def factors(web3: Web3, observer: str, token: str) -> tuple[int, ...]:
    """The four factors and the input scale, from the AssetConfigAdded event."""
    (log,) = _logs(web3, observer, _CONFIG_ADDED, token)
    types = ["uint32", "(address,address,uint32,(uint32,uint32,uint32,uint32,uint8))"]
    return tuple(decode(types, log["data"])[1][3])


def _fixed(value: Fraction, scale: int) -> int:
    """Truncated toward zero, clipped to [-1, 1], both at 2^scale."""
    scaled = value * 2**scale
    whole = abs(scaled.numerator) // scaled.denominator * (1 if scaled >= 0 else -1)
    return max(-(2**scale), min(2**scale, whole))


def features(by_epoch: dict[int, dict[str, int]], epoch: int, chosen: tuple[int, ...]) -> list[int]:
    """The 32 inputs of the window that ends with ``epoch``."""
    premium_factor, change_factor, flow_factor, growth_factor, scale = chosen
    wad = 10**18

    def premium(o: dict[str, int]) -> Fraction:
        difference = (o["price"] - o["rate"]) * wad
        return Fraction((1 if difference >= 0 else -1) * (abs(difference) // o["rate"]), wad)

    inputs = []
    for number in range(epoch - WINDOW + 1, epoch + 1):
        now, before = by_epoch[number], by_epoch[number - 1]
        elapsed = now["elapsed"]
        inputs += [
            _fixed(premium(now) * premium_factor, scale),
            _fixed((premium(now) - premium(before)) * change_factor / elapsed, scale),
            _fixed(Fraction((now["total"] - before["total"]) * flow_factor, now["supply"] * elapsed), scale),
            _fixed(Fraction((now["rate"] - before["rate"]) * growth_factor, before["rate"] * elapsed), scale),
        ]
    return inputs


def float_outputs(inputs: list[int], scale: int) -> tuple[float, float]:
    """Duration and risk in [0, 1] by the shipped ONNX in onnxruntime."""
    session = onnxruntime.InferenceSession(str(ONNX))
    first, second = session.get_inputs()
    fed = {
        first.name: (np.array(inputs, np.float32) / 2**scale).reshape(first.shape),
        second.name: np.zeros(second.shape, np.float32),
    }
    duration, risk = session.run(None, fed)[0].reshape(-1)
    return float(duration), float(risk)
