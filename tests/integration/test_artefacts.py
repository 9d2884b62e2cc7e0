"""Circuits by content hash over real HTTP: honest, cut off, lying and endless sources; kills; a full disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from neurons.artefacts.bundle import ArtefactError, Bundle, BundleFile, FileName, bundle_of, hash_of, read_bundle
from neurons.artefacts.cache import CircuitCache
from neurons.artefacts.fetching import fetch_circuit
from neurons.artefacts.serving import ARTEFACTS_PATH, Shelf, serve_artefacts
from neurons.artefacts.source import Sources, fetch_file
from neurons.refusing import refuse_in_types
from tests.integration.neurons.parts import PROJECT, eventually, serving
from verifier_gen.circuit import Circuit

GIBIBYTE = 1024**3


def honest_app(circuit: Circuit, downloads: int = 8) -> tuple[FastAPI, Shelf]:
    app, shelf = FastAPI(), Shelf(downloads, proving_keys=True)
    refuse_in_types(app)
    shelf.offer(circuit)
    serve_artefacts(app, shelf)
    return app, shelf


@pytest.fixture(scope="module")
def honest(tiny_circuit: Circuit) -> Iterator[str]:
    with serving(honest_app(tiny_circuit)[0]) as url:
        yield url


@pytest.fixture
def bundle(tiny_circuit: Circuit) -> Bundle:
    return bundle_of(tiny_circuit)


@pytest.fixture
def cache(tmp_path: Path) -> CircuitCache:
    return CircuitCache(tmp_path / "cache", GIBIBYTE)


class Faulty:
    """A source that fails in one way, and counts what it was asked."""

    def __init__(self, circuit: Circuit, fault: str) -> None:
        self._honest, self._fault, self.ranges = honest_app(circuit)[0], fault, list[str]()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.ranges.append(dict(scope["headers"]).get(b"range", b"").decode())
        await getattr(self, "_" + self._fault)(scope, receive, send)

    async def _lying(self, scope: Any, receive: Any, send: Any) -> None:
        async def changed(message: Any) -> None:
            body = message.get("body")
            await send({**message, "body": bytes([body[0] ^ 1]) + body[1:]} if body else message)

        await self._honest(scope, receive, changed)

    async def _cut(self, scope: Any, receive: Any, send: Any) -> None:
        """The connection breaks in the middle of anything larger than a piece."""
        sent = 0

        async def broken(message: Any) -> None:
            nonlocal sent
            sent += len(message.get("body", b""))
            if sent > 1024 * 1024:
                raise ConnectionError("cut")
            await send(message)

        with contextlib.suppress(ConnectionError):
            await self._honest(scope, receive, broken)

    async def _endless(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        # endless for who takes 16 KiB at most, and ended for this test's sake
        for _ in range(500):
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
            await asyncio.sleep(0)

    async def _short(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})

    async def _redirecting(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"location", b"http://127.0.0.1:1/")]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def fetch(bundle: Bundle, cache: CircuitCache, *urls: str) -> Circuit:
    return asyncio.run(fetch_circuit(bundle.bundle_hash, urls, cache))


def test_fetch_circuit_is_the_same_circuit_and_is_fetched_once(
    honest: str, bundle: Bundle, cache: CircuitCache, tiny_circuit: Circuit
) -> None:
    fetched = fetch(bundle, cache, honest)
    assert fetched.manifest == tiny_circuit.manifest
    assert bundle_of(fetched) == bundle
    assert fetch(bundle, cache) == fetched
    assert [path.name for path in cache.root.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize("fault", ["lying", "endless", "short", "redirecting"])
def test_fetch_circuit_bad_source_is_left_and_named_and_the_next_one_serves(
    honest: str, bundle: Bundle, cache: CircuitCache, tiny_circuit: Circuit, fault: str
) -> None:
    bad = Faulty(tiny_circuit, fault)
    with serving(bad) as liar, capture_logs() as logs:
        circuit = fetch(bundle, cache, liar, honest)
    assert circuit.manifest == tiny_circuit.manifest
    assert {log["source"] for log in logs if log["event"] == "artefact_source_failed"} == {liar}
    if fault in ("lying", "endless"):
        assert len(bad.ranges) == 1, "a liar was asked again"


def test_fetch_circuit_only_liars_is_refused_and_leaves_no_circuit(
    bundle: Bundle, cache: CircuitCache, tiny_circuit: Circuit
) -> None:
    with serving(Faulty(tiny_circuit, "lying")) as liar, pytest.raises(ArtefactError, match=liar):
        fetch(bundle, cache, liar)
    assert cache.find(bundle.bundle_hash) is None
    assert cache.circuits() == ()


def test_fetch_circuit_cut_connection_goes_on_where_it_stopped(
    bundle: Bundle, cache: CircuitCache, tiny_circuit: Circuit
) -> None:
    cutting = Faulty(tiny_circuit, "cut")
    with serving(cutting) as url:
        for _ in range(10):
            with contextlib.suppress(ArtefactError):
                assert fetch(bundle, cache, url).manifest == tiny_circuit.manifest
                break
    begins = [int(asked[len("bytes=") : -1]) for asked in cutting.ranges if asked]
    assert begins == sorted(begins)
    assert len(begins) >= 4
    assert begins[0] > 0


def test_fetch_file_beginning_given_by_a_liar_is_thrown_away_not_the_honest_source(
    honest: str, bundle: Bundle, tmp_path: Path, tiny_circuit: Circuit
) -> None:
    key = next(file for file in bundle.files if file.name is FileName.PROVING_KEY)
    path = tmp_path / "file"
    path.write_bytes(b"not the beginning of the key")
    sources = Sources([honest])
    with capture_logs():
        asyncio.run(fetch_file(sources, key.sha256, key.size, path))
    assert path.read_bytes() == tiny_circuit.paths.proving_key.read_bytes()
    assert sources.faults == {}


_FETCHING = """
import asyncio, sys
from pathlib import Path
from neurons.artefacts.cache import CircuitCache
from neurons.artefacts.fetching import fetch_circuit
asyncio.run(fetch_circuit(sys.argv[1], [sys.argv[2]], CircuitCache(Path(sys.argv[3]), 1 << 30)))
"""


def test_fetch_circuit_killed_amid_the_fetch_goes_on_and_is_consistent(
    honest: str, bundle: Bundle, cache: CircuitCache, tiny_circuit: Circuit
) -> None:
    async def hanging(scope: Any, receive: Any, send: Any) -> None:
        """Gives a beginning of the proving key, and then nothing more."""
        if scope["type"] != "http":
            return

        async def slowly(message: Any) -> None:
            await send(message)
            if scope["path"].endswith(tiny_circuit.manifest.proving_key_hash) and message.get("body"):
                await asyncio.sleep(600)

        await honest_app(tiny_circuit)[0](scope, receive, slowly)

    partial = cache.root / f"{bundle.bundle_hash}.part" / FileName.PROVING_KEY
    with serving(hanging) as url:
        command = [sys.executable, "-c", _FETCHING, bundle.bundle_hash, url, str(cache.root)]
        process = subprocess.Popen(command, cwd=PROJECT)
        try:
            eventually(lambda: partial.exists() and partial.stat().st_size > 0)
        finally:
            process.kill()
            process.wait()
    assert cache.find(bundle.bundle_hash) is None
    assert fetch(bundle, cache, honest).manifest == tiny_circuit.manifest


def test_fetch_circuit_full_disk_is_named_and_leaves_no_circuit(
    honest: str, bundle: Bundle, cache: CircuitCache, tiny_circuit: Circuit
) -> None:
    """The limit on a process's files stands in for the disk: the write fails in the same place."""
    script = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    script += "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))\n" + _FETCHING
    command = [sys.executable, "-c", script, bundle.bundle_hash, honest, str(cache.root)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60)
    assert "cannot be written" in done.stderr
    assert cache.find(bundle.bundle_hash) is None
    assert fetch(bundle, cache, honest).manifest == tiny_circuit.manifest


def test_fetch_circuit_damaged_in_the_cache_is_fetched_again(honest: str, bundle: Bundle, cache: CircuitCache) -> None:
    circuit = fetch(bundle, cache, honest)
    for damage in (b"x", b""):
        circuit.paths.proving_key.write_bytes(damage)
        with capture_logs() as logs:
            assert fetch(bundle, cache, honest) == circuit
        assert [log["event"] for log in logs] == ["circuit_damaged", "circuit_fetched"]
    circuit.paths.proving_key.unlink()
    with capture_logs(), pytest.raises(ArtefactError, match="no source gave"):
        fetch(bundle, cache)


def test_commit_every_file_is_on_disk_before_the_circuit_has_its_name(
    bundle: Bundle, cache: CircuitCache, honest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = list[str]()

    def fsync(number: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{number}").readlink()))

    monkeypatch.setattr(os, "fsync", fsync)
    fetch(bundle, cache, honest)
    begun = cache.root / f"{bundle.bundle_hash}.part"
    assert set(synced) == {str(begun / file.name) for file in bundle.files} | {
        str(begun / "bundle.json"),
        str(begun),
        str(cache.root),
    }


def test_fetch_circuit_leaves_what_others_have_begun_unless_room_is_needed(
    honest: str, bundle: Bundle, tmp_path: Path
) -> None:
    begun = tmp_path / "cache" / ("0x" + "ab" * 32 + ".part") / "network.onnx"
    begun.parent.mkdir(parents=True)
    begun.write_bytes(b"x" * 1000)
    cache = CircuitCache(tmp_path / "cache", 2 * bundle.total_bytes)
    fetch(bundle, cache, honest)
    assert begun.exists()
    (whole,) = cache.circuits()
    assert cache.make_room(cache.limit_bytes - whole.size) == ()
    assert not begun.exists()


@pytest.mark.parametrize("content", ["null", "1", "{}", "[" * 100_000, "\xff"])
def test_held_damaged_list_is_an_error_in_words(cache: CircuitCache, content: str) -> None:
    cache.root.mkdir()
    (cache.root / "held.json").write_text(content, "latin-1")
    with pytest.raises(ArtefactError, match="cannot be read"):
        cache.held()


def test_make_room_least_recently_used_goes_and_never_one_in_use_or_held(
    bundle: Bundle, tiny_circuit: Circuit, tmp_path: Path
) -> None:
    cache = CircuitCache(tmp_path / "cache", 3 * bundle.total_bytes + 100_000)
    names = ["0x" + digit * 64 for digit in "abc"]
    for age, name in enumerate(names):
        folder = cache.root / name
        shutil.copytree(tiny_circuit.directory, folder)
        (folder / "bundle.json").write_bytes(b"{}")
        mark = folder / "bundle.json"
        os.utime(mark, (age + 1, age + 1))
    assert [circuit.bundle_hash for circuit in cache.circuits()] == names
    user = CircuitCache(cache.root, 1)
    user.use(names[0])
    assert cache.circuits()[-1].bundle_hash == names[0]
    os.utime(cache.root / names[0] / "bundle.json", (1, 1))
    cache.hold(names[1])
    assert cache.make_room(bundle.total_bytes) == (names[2],)
    with pytest.raises(ArtefactError, match="does not fit"):
        cache.make_room(2 * bundle.total_bytes)
    cache.hold(names[1], held=False)
    assert cache.make_room(2 * bundle.total_bytes) == (names[1],)
    assert cache.find(names[0]) is not None


def test_artefacts_ranges_and_unknown_hashes(honest: str, bundle: Bundle, tiny_circuit: Circuit) -> None:
    content = tiny_circuit.paths.onnx.read_bytes()
    path = honest + ARTEFACTS_PATH + tiny_circuit.manifest.onnx_hash
    assert httpx.get(path).content == content
    part = httpx.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, content[10:20])
    assert httpx.get(path, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    assert read_bundle(httpx.get(honest + ARTEFACTS_PATH + bundle.bundle_hash).content) == bundle
    assert httpx.get(honest + ARTEFACTS_PATH + "0x" + "00" * 32).status_code == 404


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "circuit.json", "0x" + "AB" * 32, "0x" + "00" * 31, "%00"]
)
def test_artefacts_anything_but_a_hash_is_refused(honest: str, name: str) -> None:
    assert httpx.get(honest + ARTEFACTS_PATH + name).status_code in (404, 422)


def test_artefacts_too_many_downloads_are_told_to_come_again(tiny_circuit: Circuit) -> None:
    app, shelf = honest_app(tiny_circuit, downloads=1)
    with serving(app) as url:
        path = url + ARTEFACTS_PATH + tiny_circuit.manifest.proving_key_hash
        shelf.under_way = 1
        refused = httpx.get(path)
        assert (refused.status_code, refused.json()["code"]) == (503, "queue_full")
        shelf.under_way = 0
        assert httpx.get(path).status_code == 200
        eventually(lambda: shelf.under_way == 0)
        assert shelf.sent_bytes >= tiny_circuit.paths.proving_key.stat().st_size


def test_artefacts_one_address_takes_its_share_of_the_downloads_only(tiny_circuit: Circuit) -> None:
    app, shelf = honest_app(tiny_circuit)
    with serving(app) as url:
        path = url + ARTEFACTS_PATH + tiny_circuit.manifest.proving_key_hash
        shelf.readers["127.0.0.1"] = 2
        refused = httpx.get(path)
        assert (refused.status_code, refused.json()["code"]) == (503, "queue_full")
        other = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(transport=other) as client:
            assert client.get(path).status_code == 200
        eventually(lambda: shelf.readers == {"127.0.0.1": 2})


def test_artefacts_reader_slower_than_the_least_rate_is_let_go(
    tiny_circuit: Circuit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neurons.artefacts.serving.SPARE_SECONDS", 0.2)
    monkeypatch.setattr("neurons.artefacts.serving.SLOWEST_BYTES_PER_SECOND", 1e12)
    app, shelf = honest_app(tiny_circuit)
    shelf.bytes_per_second = 1000.0  # each piece is followed by a minute's wait
    with serving(app) as url:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url + ARTEFACTS_PATH + tiny_circuit.manifest.proving_key_hash, timeout=20)
        eventually(lambda: (shelf.under_way, shelf.readers) == (0, {}))


def test_wait_to_send_waits_as_long_as_the_rate_demands(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("neurons.artefacts.serving.time.monotonic", lambda: 5.0)
    monkeypatch.setattr("neurons.artefacts.serving.asyncio.sleep", sleep)
    shelf = Shelf(bytes_per_second=100.0)

    async def go() -> None:
        await shelf.wait_to_send(100)
        await shelf.wait_to_send(50)
        await shelf.wait_to_send(1)

    asyncio.run(go())
    assert waits == [0.0, 1.0, 1.5]


def test_read_bundle_with_a_path_a_double_or_another_key_is_refused(bundle: Bundle) -> None:
    for bad in (
        bundle.content().replace(b'"network.onnx"', b'"../network.onnx"'),
        bundle.content().replace(b'"network.onnx"', b'"circuit.ezkl"'),
        bundle.content().replace(bundle.circuit_id.encode(), b"0x" + b"00" * 32, 1),
        b"{}",
    ):
        with pytest.raises(ArtefactError, match="is no bundle"):
            read_bundle(bad)


def test_fetch_circuit_bundle_of_another_circuits_files_is_refused(
    bundle: Bundle, cache: CircuitCache, tiny_circuit: Circuit
) -> None:
    """Whoever makes the bundle can put wrong files into it, and names them rightly."""
    key = b"some other key"
    files = tuple(
        BundleFile(name=file.name, sha256=hash_of(key), size=len(key)) if file.name is FileName.VERIFYING_KEY else file
        for file in bundle.files
    )
    forged = Bundle(circuit_id=hash_of(key), files=files)
    app, shelf = honest_app(tiny_circuit)
    shelf._bundles[forged.bundle_hash] = forged
    (cache.root.parent / "key").write_bytes(key)
    shelf._files[hash_of(key)] = cache.root.parent / "key"
    with serving(app) as url, pytest.raises(Exception, match="has sha256"):
        fetch(forged, cache, url)
    assert cache.find(forged.bundle_hash) is None
