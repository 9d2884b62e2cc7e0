"""The short version of tests/soak/test_relayer.py."""

from pathlib import Path

from tests.integration.relayer_rig import bare_chain
from tests.soak.relayer_jobs import work_through


def test_jobs_on_two_chains_with_random_kills_land_once_each(tmp_path: Path) -> None:
    with bare_chain(31_337) as one, bare_chain(31_338) as other:
        outcome = work_through([one, other], tmp_path, jobs=40, kills=2, seed=7)
    assert (outcome.jobs, outcome.lost, outcome.duplicates) == (40, 0, 0)
