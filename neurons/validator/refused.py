"""How an answer that is not used is told of, whatever it was asked for."""

from __future__ import annotations

from typing import Any

import structlog

from neurons.validator.asking import Outcome, brief
from neurons.validator.blame import Blame

_log = structlog.get_logger(__name__)


def log_refused(outcome: Outcome, blame: Blame, **about: Any) -> None:
    """Tell of an answer that is not used, and of whose fault that is."""
    _log.warning(
        "answer_refused",
        reason=outcome.fault,
        detail=brief(outcome.detail),
        miner=outcome.hotkey,
        kind=outcome.asked.question.kind,
        seconds=round(outcome.seconds, 3),
        blame=blame,
        **about,
    )
