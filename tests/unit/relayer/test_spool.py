"""Files in the spool folder: taken once, refused with a reason, and harmless whatever they are."""

import asyncio
import os
from pathlib import Path

import pytest
from sqlalchemy import Engine

from relayer.spool import LARGEST_FILE_BYTES, SpoolReader
from statements.errors import CircuitError
from tests.unit.relayer.makers import publication
from tests.unit.relayer.test_intake import Bench, PaperFeed, Verdicts, open_database


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path}/relayer.db")


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool"


def take(engine: Engine, spool: Path, verdicts: Verdicts | None = None) -> Bench:
    bench = Bench(engine, PaperFeed(), verdicts or Verdicts())
    asyncio.run(SpoolReader(spool, bench.acceptor, poll_seconds=1).take_all(asyncio.Event()))
    return bench


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if not file.is_dir())


def test_take_all_good_file_gives_jobs_and_is_moved(engine: Engine, spool: Path) -> None:
    (spool / "one.json").write_text(publication().to_json())
    assert take(engine, spool).jobs == 3
    assert (names(spool), names(spool / "done")) == ([], ["one.json"])


def test_take_all_same_statement_again_is_known(engine: Engine, spool: Path) -> None:
    for name in ("one.json", "two.json"):
        (spool / name).write_text(publication().to_json())
    verdicts = Verdicts()
    assert take(engine, spool, verdicts).jobs == 3
    assert verdicts.asked == 1
    assert names(spool / "done") == ["one.json", "two.json"]


def test_take_all_file_that_is_being_written_is_left_alone(engine: Engine, spool: Path) -> None:
    (spool / "one.json.part").write_text("{")
    assert take(engine, spool).jobs == 0
    assert names(spool) == ["one.json.part"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("not json", "is not a publication"),
        ("[]", "is not a publication"),
        ("[" * 100_000, "is not a publication"),
        (" " * (LARGEST_FILE_BYTES + 1), "more than"),
        (publication().to_json().replace("miner", "m\\ud800"), "is not a publication"),
    ],
    ids=["not JSON", "list", "deep", "long", "lone surrogate"],
)
def test_take_all_bad_file_is_refused_with_a_reason_and_stops_no_other(
    engine: Engine, spool: Path, content: str, reason: str
) -> None:
    (spool / "a.json").write_text(content)
    (spool / "b.json").write_text(publication().to_json())
    assert take(engine, spool).jobs == 3
    assert names(spool / "refused") == ["a.json", "a.json.reason"]
    assert reason in (spool / "refused" / "a.json.reason").read_text()


def test_take_all_neither_link_nor_pipe_nor_folder_is_read(engine: Engine, spool: Path) -> None:
    (spool.parent / "elsewhere").write_text(publication().to_json())
    (spool / "link.json").symlink_to(spool.parent / "elsewhere")
    os.mkfifo(spool / "pipe.json")
    (spool / "folder.json").mkdir()
    assert take(engine, spool).jobs == 0
    assert names(spool / "refused") == [
        "folder.json.reason",
        "link.json",
        "link.json.reason",
        "pipe.json",
        "pipe.json.reason",
    ]
    assert (spool.parent / "elsewhere").exists()


def test_take_all_proof_that_does_not_verify_is_refused(engine: Engine, spool: Path) -> None:
    (spool / "one.json").write_text(publication().to_json())
    assert take(engine, spool, Verdicts(valid=False)).jobs == 0
    assert "does not verify" in (spool / "refused" / "one.json.reason").read_text()


def test_take_all_verifier_trouble_leaves_the_file(engine: Engine, spool: Path) -> None:
    (spool / "one.json").write_text(publication().to_json())
    verdicts = Verdicts()
    verdicts.broken = True
    with pytest.raises(CircuitError):
        take(engine, spool, verdicts)
    assert names(spool) == ["one.json"]
    assert take(engine, spool).jobs == 3
