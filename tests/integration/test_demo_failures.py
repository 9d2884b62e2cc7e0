"""The demo when something goes wrong in the middle of it."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from veristake.demo.anvil import fork_chain, start_chain
from veristake.demo.processes import DemoError, ProcessGroup, is_free, wait_until
from veristake.toolchain import find_tool

PROJECT = Path(__file__).resolve().parents[2]
ANVIL = find_tool("anvil", PROJECT)


def children(pid: int) -> list[int]:
    """Processes whose parent is ``pid``."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except (OSError, ValueError):
            continue
    return found


def runs(pid: int) -> bool:
    """Whether a process runs still; one that has ended, and that nobody has asked about, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_demo_stopped_amid_its_work_leaves_no_process(number: signal.Signals, tmp_path: Path) -> None:
    with (tmp_path / "demo.log").open("wb") as log:
        demo = subprocess.Popen([sys.executable, "-m", "veristake", "demo"], cwd=PROJECT, stdout=log, stderr=log)
    deadline = time.monotonic() + 120
    while len(started := children(demo.pid)) < 2 and time.monotonic() < deadline:
        assert demo.poll() is None, (tmp_path / "demo.log").read_text()
        time.sleep(0.05)
    demo.send_signal(number)
    assert demo.wait(60) == 130
    # Python's own tracker of shared memory, there while circuits are built, ends a moment after its process
    deadline = time.monotonic() + 10
    while any(map(runs, started)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in started if runs(pid)]


def test_start_signal_amid_the_start_comes_when_the_process_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = subprocess.Popen.__init__

    def interrupted(self: subprocess.Popen[bytes], *arguments: object, **options: object) -> None:
        begin(self, *arguments, **options)  # type: ignore[call-overload] # whatever it takes
        signal.raise_signal(signal.SIGINT)

    processes = ProcessGroup(tmp_path)
    monkeypatch.setattr(subprocess.Popen, "__init__", interrupted)
    # a shell starts what runs in its background with Ctrl-C ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            processes.start("sleeper", ["sleep", "60"])
    finally:
        signal.signal(signal.SIGINT, before)
        monkeypatch.undo()
    (sleeper,) = processes._running
    processes.stop_all()
    assert sleeper.process.poll() is not None


def test_demo_while_another_runs_is_refused() -> None:
    lock = PROJECT / "build" / "demo.lock"
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "veristake", "demo"]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "a demo runs already in this checkout" in done.stderr


def test_wait_until_ended_process_is_named_before_the_question_is_asked(tmp_path: Path) -> None:
    def unanswerable() -> bool:
        raise AssertionError("asked a program that has ended")

    with ProcessGroup(tmp_path) as processes:
        ended = processes.start("relayer", ["sh", "-c", "echo out of funds; exit 3"])
        ended.process.wait()
        with pytest.raises(DemoError, match="relayer ended with code 3: out of funds"):
            wait_until("landing", unanswerable, processes=processes, seconds=30)


def test_call_to_a_chain_that_was_killed_names_its_process(tmp_path: Path) -> None:
    with ProcessGroup(tmp_path) as processes:
        chain = start_chain(processes, ANVIL, 31337, genesis_timestamp=1_700_000_000)
        os.killpg(chain.process.process.pid, signal.SIGKILL)
        chain.process.process.wait()
        with pytest.raises(DemoError, match="anvil-31337 ended with code -9"):
            chain.call("evm_mine")


def test_fork_chain_changes_leave_the_original_alone(tmp_path: Path) -> None:
    with ProcessGroup(tmp_path) as processes:
        chain = start_chain(processes, ANVIL, 31337, genesis_timestamp=1_700_000_000)
        chain.mine_at(1_700_000_100)
        fork = fork_chain(processes, ANVIL, chain, 1)
        fork.call("anvil_setBalance", fork.accounts[5], "0x0")
        fork.call("evm_mine")
        assert fork.web3.eth.get_balance(fork.accounts[5]) == 0
        assert chain.web3.eth.get_balance(chain.accounts[5]) > 0
        assert (chain.block_number, fork.block_number) == (1, 2)
        assert fork.web3.eth.chain_id == 31337


def test_is_free_listening_port_is_not() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)
