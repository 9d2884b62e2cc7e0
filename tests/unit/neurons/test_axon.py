from __future__ import annotations

import pytest

from neurons.network.axon import axon_of
from statements.errors import ConfigurationError


@pytest.mark.parametrize(
    ("url", "ip", "port"),
    [
        ("http://8.8.4.4:8091", "8.8.4.4", 8091),
        ("http://8.8.4.4:1/", "8.8.4.4", 1),
        ("http://[2606:4700::1111]:8091", "2606:4700::1111", 8091),
    ],
)
def test_axon_of_public_address_is_announced_and_read_back(url: str, ip: str, port: int) -> None:
    axon = axon_of(url, local=False)
    assert (str(axon.ip), axon.port) == (ip, port)
    assert axon_of(axon.url, local=False) == axon


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://8.8.4.4:8091", "asked over http"),
        ("http://8.8.4.4:8091/v1", "asked over http"),
        ("http://key@8.8.4.4:8091", "asked over http"),
        ("http://miner.example:8091", "not an IP address"),
        ("http://8.8.4.4", "without a port"),
        ("http://8.8.4.4:0", "without a port"),
        ("http://8.8.4.4:70000", "cannot be announced"),
        ("http://127.0.0.1:8091", "which the chain refuses"),
        ("http://[::1]:8091", "which the chain refuses"),
        ("http://0.0.0.0:8091", "not the address of one machine"),
        ("http://[::]:8091", "not the address of one machine"),
        ("http://255.255.255.255:8091", "not the address of one machine"),
        ("http://224.0.0.1:8091", "not the address of one machine"),
        ("http://127.0.0.2:8091", "not reachable from the internet"),
        ("http://10.0.0.7:8091", "not reachable from the internet"),
        ("http://192.168.1.7:8091", "not reachable from the internet"),
        ("http://169.254.1.7:8091", "not reachable from the internet"),
        ("http://[fd00::7]:8091", "not reachable from the internet"),
        ("http://100.64.0.7:8091", "not reachable from the internet"),
        ("http://240.0.0.7:8091", "not reachable from the internet"),
        ("http://[64:ff9b::a00:7]:8091", "not reachable from the internet"),
        ("http://[2002:a00:7::]:8091", "not reachable from the internet"),
        ("http://[::ffff:10.0.0.7]:8091", "not reachable from the internet"),
    ],
)
def test_axon_of_what_nobody_could_reach_is_refused_with_a_remedy(url: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        axon_of(url, local=False)
    assert "listen.external_url" in caught.value.remedy


def test_axon_of_local_chain_takes_this_machines_addresses_but_not_the_chains_refused_ones() -> None:
    assert axon_of("http://127.0.0.2:8091", local=True).url == "http://127.0.0.2:8091"
    assert axon_of("http://10.0.0.7:8091", local=True).port == 8091
    with pytest.raises(ConfigurationError, match="which the chain refuses"):
        axon_of("http://127.0.0.1:8091", local=True)
