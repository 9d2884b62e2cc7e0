"""The memory of accepted nonces in a real SQLite file: processes, restarts, pruning, a full disk, a clock set back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from bittensor import http_auth
from bittensor.keyfiles import Keypair

from signed_http.nonces import NonceStoreError, SqliteNonceStore, require_nonces
from statements.errors import ConfigurationError

SECOND = 10**9
NOW = 1_700_000_000 * SECOND
RECEIVER, SENDER = "receiver", "sender"
PROJECT = Path(__file__).resolve().parents[2]


def store_at(path: Path, now: int = NOW, receiver: str = RECEIVER) -> SqliteNonceStore:
    return SqliteNonceStore(path / "nonces.sqlite", receiver, clock=lambda: now)


def test_check_and_store_seen_nonce_is_refused_also_after_a_restart(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    assert store.check_and_store(SENDER, NOW)
    assert not store.check_and_store(SENDER, NOW)
    assert store.check_and_store("another sender", NOW)
    assert store.check_and_store(SENDER, NOW + 1)
    store.close()
    again = store_at(tmp_path)
    assert not again.check_and_store(SENDER, NOW)
    assert store_at(tmp_path, receiver="another receiver").check_and_store(SENDER, NOW)


def test_check_and_store_after_the_machine_was_started_again_takes_nothing_that_may_be_lost(tmp_path: Path) -> None:
    """A power cut loses the last moments: a memory in which a nonce was never stored stands for one that lost it."""

    def opened(boot_id: str, now: int = NOW, receiver: str = RECEIVER) -> SqliteNonceStore:
        return SqliteNonceStore(tmp_path / "nonces.sqlite", receiver, clock=lambda: now, boot_id=lambda: boot_id)

    first = opened("one")
    assert first.check_and_store(SENDER, NOW - 9 * SECOND)
    first.close()
    # a restart of the process alone loses nothing, and refuses nothing that is new
    again = opened("one", NOW + SECOND)
    assert again.check_and_store(SENDER, NOW)
    again.close()
    other = opened("one", receiver="another receiver")
    assert other.check_and_store(SENDER, NOW)
    other.close()
    after = opened("two", NOW + 5 * SECOND)
    assert not after.check_and_store(SENDER, NOW + SECOND)
    assert not after.check_and_store(SENDER, NOW + 7 * SECOND - 1)
    assert after.check_and_store(SENDER, NOW + 7 * SECOND)
    after.close()
    second_process = opened("two", NOW + 9 * SECOND)
    assert second_process.check_and_store(SENDER, NOW + 8 * SECOND)
    second_process.close()
    # each hotkey that shares the file finds it out for itself
    assert not opened("two", NOW + 5 * SECOND, "another receiver").check_and_store(SENDER, NOW + SECOND)


def test_check_and_store_memory_of_a_release_that_knew_no_boots_is_not_trusted_once(tmp_path: Path) -> None:
    first = store_at(tmp_path)
    assert first.check_and_store(SENDER, NOW)
    first.close()
    with sqlite3.connect(tmp_path / "nonces.sqlite") as connection:
        connection.execute("DROP TABLE boot")
    assert not store_at(tmp_path).check_and_store(SENDER, NOW + SECOND)
    assert store_at(tmp_path).check_and_store(SENDER, NOW + 2 * SECOND)


def test_require_nonces_takes_its_own_or_nothing_and_changes_neither(tmp_path: Path) -> None:
    place = tmp_path / "nonces.sqlite"
    require_nonces(place)
    assert not place.exists()
    store = store_at(tmp_path)
    assert store.check_and_store(SENDER, NOW)
    require_nonces(place)
    assert not store.check_and_store(SENDER, NOW)
    store.close()
    (tmp_path / "other").write_bytes(b"no database, but long enough to look like one" * 9)
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        require_nonces(tmp_path / "other")


_PROCESS = """
import sys
from pathlib import Path
from signed_http.nonces import SqliteNonceStore
sys.stdin.readline()
store = SqliteNonceStore(Path(sys.argv[1]), "receiver", clock=lambda: 0)
print(*(number for number in range(500) if store.check_and_store("sender", 10**18 + number)))
"""


def test_check_and_store_two_processes_accept_each_nonce_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PROCESS, str(tmp_path / "nonces.sqlite")]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
        for _ in range(2)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    accepted = [process.communicate(timeout=60)[0].split() for process in started]
    assert all(process.returncode == 0 for process in started)
    assert sorted(int(number) for numbers in accepted for number in numbers) == list(range(500))


def test_check_and_store_forgets_what_is_too_old_and_keeps_the_rest(tmp_path: Path) -> None:
    store_at(tmp_path).check_and_store(SENDER, NOW)
    later = store_at(tmp_path, NOW + 61 * SECOND)
    later.check_and_store(SENDER, NOW + 61 * SECOND)
    rows = later._connection.execute("SELECT nonce_ns FROM nonce").fetchall()
    assert rows == [(NOW + 61 * SECOND,)]


def test_check_and_store_clock_set_back_does_not_revive_what_was_forgotten(tmp_path: Path) -> None:
    store_at(tmp_path).check_and_store(SENDER, NOW)
    store_at(tmp_path, NOW + 61 * SECOND).check_and_store(SENDER, NOW + 61 * SECOND)
    assert not store_at(tmp_path, NOW).check_and_store(SENDER, NOW)


def test_check_and_store_full_disk_refuses_and_recovers(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    assert store.check_and_store(SENDER, NOW)
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    accepted: list[int] = []

    def fill() -> None:
        for number in range(1, 10_000):
            assert store.check_and_store(SENDER, NOW + number)
            accepted.append(number)

    with pytest.raises(NonceStoreError, match="full"):
        fill()
    refused = accepted[-1] + 1
    store._connection.execute("PRAGMA max_page_count = 100000")
    assert store.check_and_store(SENDER, NOW + refused)
    assert not any(store.check_and_store(SENDER, NOW + number) for number in accepted)


@pytest.mark.parametrize("nonce", [-1, 1 << 63, 1 << 200])
def test_check_and_store_nonce_out_of_range_is_refused(tmp_path: Path, nonce: int) -> None:
    assert not store_at(tmp_path).check_and_store(SENDER, nonce)


def test_open_unusable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "nonces.sqlite").write_text("no database, and long enough to be taken for none" * 9)
    with pytest.raises(ConfigurationError, match="replay memory"):
        store_at(tmp_path)


def test_verify_takes_the_store_and_refuses_the_second(tmp_path: Path) -> None:
    caller, receiver = Keypair.create_from_uri("//Caller"), Keypair.create_from_uri("//Receiver")
    headers = http_auth.sign(caller, method="GET", path="/", receiver_ss58=receiver.ss58_address)
    for number in range(2):
        store = SqliteNonceStore(tmp_path / "nonces.sqlite", receiver.ss58_address)
        options = {"method": "GET", "path": "/", "self_hotkey_ss58": receiver.ss58_address, "nonce_store": store}
        if number == 0:
            http_auth.verify(headers, b"", **options)
        else:
            with pytest.raises(http_auth.ReplayedRequest):
                http_auth.verify(headers, b"", **options)
