"""The same home chain and subnet as for the tests of parts."""

from tests.integration.neurons.conftest import home, subnet

__all__ = ["home", "subnet"]
