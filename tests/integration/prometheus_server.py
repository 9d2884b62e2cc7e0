"""A real Prometheus on a free port, from Debian's package or from where scripts/fetch_prometheus.sh puts it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.forge_artifacts import PROJECT
from tests.integration.relayer_chain import free_port, wait_until

RULES = PROJECT / "docs" / "operations" / "relayer-alerts.yml"
FETCHED = PROJECT / "build" / "prometheus" / "usr" / "bin" / "prometheus"


def prometheus_binary() -> str:
    """Where it is; without it the test fails in CI and skips elsewhere."""
    found = shutil.which("prometheus") or (str(FETCHED) if FETCHED.exists() else None)
    if found is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("Prometheus is not installed: apt-get install prometheus, or bash scripts/fetch_prometheus.sh")
    return str(found)


class Prometheus:
    """Asked by its HTTP API."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, **parameters: str) -> Any:
        answer = httpx.get(f"{self._url}/api/v1/{path}", params=parameters, timeout=10, trust_env=False).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def values(self, query: str) -> dict[str, float]:
        """Value by labels, of an instant query."""
        found = self.ask("query", query=query)["result"]
        return {str(sorted(one["metric"].items())): float(one["value"][1]) for one in found}

    @property
    def ready(self) -> bool:
        try:
            return httpx.get(f"{self._url}/-/ready", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def prometheus(folder: Path, relayer_port: int) -> Iterator[Prometheus]:
    """Scrapes a relayer twice a second, with the alert rules loaded, until the block ends."""
    binary, port = prometheus_binary(), free_port()
    config = folder / "prometheus.yml"
    config.write_text(
        "global: { scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms }\n"
        f"rule_files: ['{RULES}']\n"
        "scrape_configs:\n  - job_name: veristake-relayer\n"
        f"    static_configs: [{{ targets: ['127.0.0.1:{relayer_port}'] }}]\n"
    )
    command = [binary, f"--config.file={config}", f"--storage.tsdb.path={folder}/tsdb"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    process = subprocess.Popen(command)
    try:
        made = Prometheus(port)
        wait_until(lambda: made.ready, "Prometheus does not start")
        yield made
    finally:
        process.terminate()
        process.wait(20)
