"""The same home chain and subnet as for the tests of parts."""

from tests.integration.neurons.conftest import home, pool, subnet

__all__ = ["home", "pool", "subnet"]
