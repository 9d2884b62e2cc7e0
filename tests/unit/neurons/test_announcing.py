"""An address that the network has lost is announced again."""

from __future__ import annotations

from typing import Any

import pytest

from neurons.announcing import announce_if_lost
from neurons.network import Neuron

URL = "http://203.0.113.7:8091"


class _Network:
    """Stands for a chain: what it has is given, what is announced is written down."""

    def __init__(self, *neurons: Neuron) -> None:
        self._neurons, self.announced = neurons, list[tuple[str, str]]()

    def neurons(self) -> tuple[Neuron, ...]:
        return self._neurons

    def serve(self, hotkey: str, endpoint: str) -> None:
        self.announced.append((hotkey, endpoint))


@pytest.mark.parametrize(
    ("endpoint", "again"), [(URL, []), (None, [("own", URL)]), ("http://203.0.113.8:8091", [("own", URL)])]
)
def test_announce_if_lost_by_what_the_network_has(endpoint: str | None, again: list[tuple[str, str]]) -> None:
    network: Any = _Network(Neuron(uid=7, hotkey="own", role=None, endpoint=endpoint))
    assert announce_if_lost(network, "own", URL) is bool(again)
    assert network.announced == again


def test_announce_if_lost_of_a_hotkey_that_is_not_registered_costs_nothing() -> None:
    network: Any = _Network()
    assert not announce_if_lost(network, "own", URL)
    assert network.announced == []
