"""When a miner's circuit is checked, where it may be fetched from, and what the settings allow."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from neurons.settings import load_settings
from neurons.validator.entries.changes import require_checkable
from neurons.validator.entries.faults import MEANINGS, EntryFault, EntryRefusedError
from neurons.validator.entries.sources import allowed_sources
from neurons.validator.entries.store import CheckedEntry
from neurons.validator.settings import TEMPLATE, ValidatorSettings
from statements.errors import ConfigurationError

ENDPOINT = "http://10.0.0.7:8091"


def checked(bundle: str, fault: EntryFault | None) -> CheckedEntry:
    return CheckedEntry(
        competition="staking", hotkey="m", bundle=bundle, circuit_id="c", checked_at=1000.0, fault=fault, detail="d"
    )


@given(
    st.sampled_from(["same", "other"]),
    st.none() | st.sampled_from(EntryFault),
    st.floats(1000, 5000),
    st.floats(0, 4000),
)
def test_require_checkable_one_check_in_the_time_and_refusals_are_remembered(
    bundle: str, fault: EntryFault | None, now: float, change_seconds: float
) -> None:
    try:
        require_checkable(checked("same", fault), bundle, now, change_seconds)
        refused = None
    except EntryRefusedError as error:
        refused = error.fault
    if now - 1000.0 >= change_seconds or (bundle == "same" and fault is None):
        assert refused is None
    else:
        assert refused is (fault if bundle == "same" else EntryFault.TOO_SOON)


def test_require_checkable_first_entry_is_checked() -> None:
    require_checkable(None, "any", 0.0, 1e9)


def test_meanings_every_fault_has_one() -> None:
    assert set(MEANINGS) == set(EntryFault)


def _looked_up(monkeypatch: pytest.MonkeyPatch, addresses: dict[str, list[str]]) -> None:
    async def getaddrinfo(_: object, host: str, port: int, **__: Any) -> list[Any]:
        if host not in addresses:
            raise socket.gaierror("no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses[host]]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("http://10.0.0.7:9000", True),
        ("https://files.example/circuits", True),
        ("http://8.8.8.8", True),
        ("http://127.0.0.1:8545", False),
        ("http://169.254.169.254", False),
        ("http://10.0.0.8:9000", False),
        ("http://[::1]:80", False),
        ("http://inner.example", False),
        ("http://mixed.example", False),
        ("http://unknown.example", False),
        ("http://user:word@files.example", False),
        ("http://files.example/?next=", False),
        ("http://files.example/#", False),
        ("file:///etc/passwd", False),
        ("ftp://files.example", False),
        ("http://files.example:99999", False),
        ("http://files.example/" + "a" * 300, False),
        ("http://files.example/\n", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_allowed_sources_only_public_addresses_and_the_miners_own_host(
    url: str, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    literal = {each: [each] for each in ("8.8.8.8", "127.0.0.1", "169.254.169.254", "10.0.0.8", "::1")}
    named = {
        "files.example": ["8.8.8.8"],
        "inner.example": ["192.168.1.1"],
        "mixed.example": ["8.8.8.8", "127.0.0.1"],
    }
    _looked_up(monkeypatch, literal | named)
    assert asyncio.run(allowed_sources(ENDPOINT, [url])) == ((ENDPOINT, url) if taken else (ENDPOINT,))


def test_allowed_sources_no_more_than_four_are_asked() -> None:
    many = [f"http://10.0.0.7:{port}" for port in range(9000, 9100)]
    assert asyncio.run(allowed_sources(ENDPOINT, many)) == (ENDPOINT, *many[:3])


def _settings(tmp_path: Path, more: str) -> ValidatorSettings:
    path = tmp_path / "validator.toml"
    path.write_text(TEMPLATE + more)
    return load_settings(ValidatorSettings, path)


def _competition(name: str, weight_bps: int) -> str:
    return f'\n[[competitions]]\nid = "{name}"\ncircuit = "c"\nweight_bps = {weight_bps}\n'


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (_competition("a", 6000) + _competition("b", 4001), "add up to 10001"),
        (_competition("a", 0) + _competition("a", 0), "the same competition is listed twice"),
        (_competition("a", -1), "greater than or equal to 0"),
    ],
)
def test_settings_parts_of_the_weights_are_not_more_than_the_whole(tmp_path: Path, more: str, message: str) -> None:
    assert sum(each.weight_bps for each in _settings(tmp_path, _competition("a", 9999)).competitions) == 9999
    with pytest.raises((ConfigurationError, ValidationError), match=message):
        _settings(tmp_path, more)
