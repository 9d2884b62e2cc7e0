"""The deployment is killed at each of four moments of every transaction; the short form is in tests/deployment."""

from tests.deployment.conftest import circuit  # noqa: F401 - a fixture
from tests.deployment.test_crash import (  # noqa: F401 - fixtures
    MINED,
    SENT,
    SIGNED,
    WRITTEN,
    check_killed_at_every_step,
    compiled_once,
    uninterrupted,
)


def test_deploy_killed_at_every_moment_ends_like_an_uninterrupted_one(uninterrupted, circuit, tmp_path):  # noqa: F811
    check_killed_at_every_step(uninterrupted, circuit, tmp_path, (SIGNED, WRITTEN, SENT, MINED))
