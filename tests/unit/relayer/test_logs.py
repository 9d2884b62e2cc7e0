"""Logs hold no secrets, and their events are in the table."""

import re
from pathlib import Path

import pytest

import relayer
from relayer.events import EVENTS
from relayer.logs import REDACTED, redact

CALL = re.compile(r'\blog\.(?:debug|info|warning|error)\(\s*"(\w+)"')


@pytest.mark.parametrize(
    ("message", "clean"),
    [
        ({"url": "https://u:p@node.example/v2/KEY?k=1"}, {"url": "https://node.example"}),
        ({"error": "GET http://127.0.0.1:85/KEY failed"}, {"error": "GET http://127.0.0.1:85 failed"}),
        ({"error": ["wss://node/KEY"]}, {"error": ["wss://node"]}),
        ({"state": "postgresql+psycopg://u:p@db:5432/x"}, {"state": "postgresql+psycopg://db:5432"}),
        ({"password": "x", "Token": "y"}, {"password": REDACTED, "Token": REDACTED}),
        ({"nested": {"private_key": "x", "n": 1}}, {"nested": {"private_key": REDACTED, "n": 1}}),
        ({"tx": "0x" + "ab" * 32, "nonce": 3}, {"tx": "0x" + "ab" * 32, "nonce": 3}),
    ],
)
def test_redact_leaves_no_secret(message: dict[str, object], clean: dict[str, object]) -> None:
    assert redact(None, "info", message) == clean


def test_failures_are_logged_with_a_code_beside_their_words() -> None:
    calls = [
        call
        for file in Path(relayer.__file__).parent.rglob("*.py")
        for call in re.findall(r"\blog\.(?:warning|error)\((?:[^()]|\([^()]*\))*\)", file.read_text("utf-8"))
    ]
    failures = [call for call in calls if "error=" in call]
    assert len(failures) >= 11
    assert [call for call in failures if "code=" not in call] == []


def test_events_of_the_code_are_in_the_table() -> None:
    folder = Path(relayer.__file__).parent
    used = {event for file in folder.rglob("*.py") for event in CALL.findall(file.read_text("utf-8"))}
    assert len(used) > 15
    assert used <= set(EVENTS)
