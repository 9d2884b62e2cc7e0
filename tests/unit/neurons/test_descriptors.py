"""A neuron starts only where every connection that it accepts can have a file descriptor."""

from __future__ import annotations

import resource
from collections.abc import Callable
from typing import Any

import pytest

from neurons.descriptors import RESERVED, descriptors_needed, examine_descriptors, limit_to_set, raise_descriptor_limit
from neurons.miner.run import run_miner
from neurons.miner.settings import MinerSettings
from neurons.settings import HttpSettings
from neurons.validator.run import run_validator
from neurons.validator.settings import ValidatorSettings
from statements.errors import ConfigurationError

HTTP = HttpSettings(connections=100)
NEEDED = 2 * 100 + RESERVED
NONE = resource.RLIM_INFINITY


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int]]:
    limits = {"of_files": (1024, 4096)}
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits["of_files"])
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.update(of_files=pair))
    return limits


@pytest.mark.parametrize(
    ("soft", "hard", "limit"),
    [
        (256, NEEDED, NEEDED),
        (NEEDED, 2 * NEEDED, 2 * NEEDED),
        (256, NONE, NEEDED),
        (NEEDED + 1, NONE, NEEDED + 1),
        (NONE, NONE, NONE),
    ],
)
def test_limit_to_set_is_what_the_system_allows(soft: int, hard: int, limit: int) -> None:
    assert limit_to_set(NEEDED, soft, hard) == limit


def test_limit_to_set_too_low_for_the_listeners_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=f"allows {NEEDED - 1} open files.* need {NEEDED}"):
        limit_to_set(NEEDED, NEEDED - 1, NEEDED - 1)


def test_raise_descriptor_limit_sets_the_hard_limit_and_examine_only_looks(limits: dict[str, Any]) -> None:
    assert descriptors_needed(HTTP, 2) == NEEDED
    assert examine_descriptors(HTTP, 2) == f"4096 open files are allowed, {NEEDED} may be needed"
    assert limits["of_files"] == (1024, 4096)
    raise_descriptor_limit(HTTP, 2)
    assert limits["of_files"] == (4096, 4096)


@pytest.mark.parametrize(
    ("run", "settings"),
    [
        (run_miner, MinerSettings.model_construct(http=HTTP)),
        (run_validator, ValidatorSettings.model_construct(http=HTTP, api=object())),
    ],
)
def test_run_with_too_few_descriptors_opens_nothing(
    limits: dict[str, Any], run: Callable[[Any], None], settings: Any
) -> None:
    limits["of_files"] = (256, 256)
    with pytest.raises(ConfigurationError, match=f"need {settings.listeners * 100 + RESERVED}"):
        run(settings)
