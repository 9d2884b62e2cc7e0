"""The Solidity of docs/integrate.md, compiled as an integrator would have it."""

import json
import re
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SOLC = PROJECT / "build" / "solc" / "solc-v0.8.37"
HEAD = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.30;\n"
FOLDERS = {"contracts": "contracts", "@veristake/consumer-kit": "consumer-kit"}
MOST_LINES = 10


def _snippets() -> list[str]:
    return re.findall(r"```solidity\n(.*?)```", (PROJECT / "docs" / "integrate.md").read_text("utf-8"), re.DOTALL)


def _errors(sources: dict[str, str]) -> list[str]:
    """What the compiler says against `sources`, by path, next to the project's interfaces and those of the kit."""
    for prefix, folder in FOLDERS.items():
        for path in (PROJECT / folder / "interfaces").glob("**/*.sol"):
            sources[f"{prefix}/{path.relative_to(PROJECT / folder)}"] = path.read_text("utf-8")
    request = {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in sources.items()},
        "settings": {"outputSelection": {"*": {"*": ["abi"]}}},
    }
    done = subprocess.run(
        [SOLC, "--standard-json"], input=json.dumps(request), capture_output=True, text=True, check=True
    )
    return [error["formattedMessage"] for error in json.loads(done.stdout).get("errors", [])]


def test_snippets_compile_and_the_reader_has_ten_lines() -> None:
    guarded, reader = _snippets()
    lines = guarded.splitlines()
    imports = "\n".join(line for line in lines if line.startswith("import"))
    body = "\n".join(line for line in lines if not line.startswith("import"))
    assert sum(bool(line.strip()) for line in reader.splitlines()) <= MOST_LINES
    sources = {
        "guarded.sol": f"{HEAD}{imports}\ncontract Guarded {{\n{body}\n}}\n",
        "reader.sol": HEAD + reader.replace("0x...", "address(0xFEED)"),
    }
    assert _errors(sources) == []


def test_errors_a_function_that_the_feed_lacks_is_named() -> None:
    reader = _snippets()[1].replace("0x...", "address(0xFEED)").replace("getScoreNoOlderThan", "getScore")
    assert "getScore" in _errors({"reader.sol": HEAD + reader})[0]
