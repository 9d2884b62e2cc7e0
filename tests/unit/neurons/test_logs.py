from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from neurons.logs import configure_logs


@pytest.fixture(autouse=True)
def _structlog_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def _log_an_error() -> None:
    hidden_value = "0xprivate"
    try:
        raise RuntimeError(f"of length {len(hidden_value)}")
    except RuntimeError:
        structlog.get_logger().exception("request_failed", path="/v1")


def test_configure_logs_no_terminal_writes_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("miner")
    _log_an_error()
    captured = capsys.readouterr()
    event = json.loads(captured.err)
    assert (event["event"], event["role"], event["level"], event["path"]) == ("request_failed", "miner", "error", "/v1")
    assert "RuntimeError: of length 9" in event["exception"]
    assert captured.out == ""


def test_configure_logs_terminal_trace_shows_no_local_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    configure_logs("miner")
    _log_an_error()
    written = capsys.readouterr().err
    assert "RuntimeError: of length 9" in written
    assert "0xprivate" not in written.replace('hidden_value = "0xprivate"', "")
