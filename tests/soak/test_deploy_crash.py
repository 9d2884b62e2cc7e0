"""The deployment is killed at each of four moments of every transaction; the short form is in tests/deployment."""

from tests.deployment.conftest import canary, circuit, compiled_once, project, quick, reusable
from tests.deployment.test_crash import MINED, SENT, SIGNED, WRITTEN, check_killed_at_every_step, uninterrupted

__all__ = ["canary", "circuit", "compiled_once", "project", "quick", "reusable", "uninterrupted"]


def test_deploy_killed_at_every_moment_ends_like_an_uninterrupted_one(request, tmp_path):
    values = (request.getfixturevalue(name) for name in ("uninterrupted", "circuit", "canary"))
    check_killed_at_every_step(*values, tmp_path, (SIGNED, WRITTEN, SENT, MINED))
