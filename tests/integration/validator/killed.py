"""A process that settles one request and is killed at a given point: ``python -m ... URL POINT``."""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import event

from neurons.validator.records import OutcomeRecord, ScoreChange
from neurons.validator.store import ValidatorStore, open_store
from tests.unit.neurons.parts import make_change, make_inference

POINTS = ("answered", "scored", "committed")
"""After the answer was verified; after score and publication were written, not committed; after the commit."""


def outcome() -> OutcomeRecord:
    inference = make_inference()
    return OutcomeRecord(
        nonce="0x" + "11" * 32,
        kind="observation",
        circuit_id=inference.circuit_id,
        hotkey="miner",
        statement_id=inference.statement_id,
        asked_at=1.0,
        seconds=2.0,
        fault=None,
        blame="nobody",
        detail="",
    )


def change() -> ScoreChange:
    return make_change(nonce=outcome().nonce, figures={"target": 0.5})


def settle(store: ValidatorStore) -> int | None:
    return store.settle(outcome(), change(), make_inference(), ())


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, point: str) -> None:
    store = open_store(url, "validator")
    if point == "answered":
        die()
    if point == "scored":
        event.listen(store.engine, "commit", die)
    settle(store)
    die()


if __name__ == "__main__":
    main(*sys.argv[1:])
