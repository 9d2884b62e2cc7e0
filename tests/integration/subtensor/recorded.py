"""The chain's metadata, as recorded by the SDK's authors and shipped in its source distribution."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bittensor._transport.codec import strip_option_opaque_metadata

PROJECT = Path(__file__).resolve().parents[3]
VERSION = "11.3.0"
_MEMBER = f"bittensor-{VERSION}/tests/fixtures/golden.json"
_SHA256 = "a74c2f7fd7d9c40ba8111170bf74dddfad57a040d181b3532acb2a9ce2ef2f11"


@dataclass(frozen=True)
class Recorded:
    """What a runtime says of itself.

    Attributes:
        metadata: version 15, SCALE encoded.
        genesis: hash of the chain's first block, 0x-hex.
        spec_version: of the runtime.
        transaction_version: of the runtime.
    """

    metadata: bytes
    genesis: str
    spec_version: int
    transaction_version: int


def recorded(folder: Path = PROJECT / "build" / "subtensor") -> Recorded:
    """The recorded metadata; downloaded once with pip, and checked by its hash each time.

    A test that needs it fails where it cannot be had: skipping it would leave the adapter untested unnoticed.
    """
    file = folder / "golden.json"
    if not file.exists():
        _download(file)
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert digest == _SHA256, f"{file} has sha256 {digest}, not {_SHA256}: remove it"
    golden = json.loads(content)
    metadata = strip_option_opaque_metadata(bytes.fromhex(golden["metadata"]["v15_hex"].removeprefix("0x")))
    assert metadata is not None
    network = golden["network"]
    return Recorded(metadata, network["genesis_hash"], network["spec_version"], network["transaction_version"])


def _download(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        # pip asks the distribution for its metadata, for which it gets the build backend; nothing of it is built
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "bittensor"]
        answer = subprocess.run(
            [*command, f"bittensor=={VERSION}", "--dest", scratch], capture_output=True, text=True, timeout=300
        )
        assert answer.returncode == 0, f"pip cannot get the source distribution of bittensor {VERSION}: {answer.stderr}"
        with tarfile.open(next(Path(scratch).glob("bittensor-*.tar.gz"))) as archive:
            member = archive.extractfile(_MEMBER)
            assert member is not None
            part = Path(scratch) / "golden.json"
            part.write_bytes(member.read())
        part.replace(file)
