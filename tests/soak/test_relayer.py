"""5,000 jobs on two chains while the relayer is killed at random; the short version is in tests/integration."""

from pathlib import Path

from tests.integration.relayer_rig import bare_chain
from tests.soak.relayer_jobs import work_through


def test_five_thousand_jobs_with_random_kills_land_once_each(tmp_path: Path) -> None:
    with bare_chain(31_337) as one, bare_chain(31_338) as other:
        outcome = work_through([one, other], tmp_path, jobs=5_000, kills=100, seed=1)
    assert (outcome.jobs, outcome.lost, outcome.duplicates) == (5_000, 0, 0)
    assert outcome.kills == 100
    assert outcome.memory_mb < 250
