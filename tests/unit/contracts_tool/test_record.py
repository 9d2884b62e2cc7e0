"""The deployment's file."""

import pytest

from statements.deployment import Deployment
from statements.errors import ConfigurationError
from veristake.contracts_tool.difference import Difference
from veristake.contracts_tool.record import deployment_path, read_deployment, write_deployment

DEPLOYMENT = Deployment(
    chain_id=31337,
    home_chain_id=31337,
    observer="0x" + "11" * 20,
    epoch_length=3600,
    features_hash="0x" + "fe" * 32,
    contracts={},
    assets={},
    models={},
)


def test_write_deployment_leaves_one_complete_file(tmp_path):
    folder = tmp_path / "deployments"
    path = write_deployment(DEPLOYMENT, folder)
    assert [path] == list(folder.iterdir()) == [deployment_path(folder, 31337)]
    assert read_deployment(path) == DEPLOYMENT
    assert write_deployment(DEPLOYMENT.model_copy(update={"epoch_length": 60}), folder) == path
    assert read_deployment(path).epoch_length == 60


def test_write_deployment_failing_leaves_nothing(tmp_path):
    """The target is a folder, so that renaming fails."""
    (tmp_path / "31337.json").mkdir()
    with pytest.raises(OSError, match=r"31337\.json"):
        write_deployment(DEPLOYMENT, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["31337.json"]


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), ("{}", "malformed"), ("no", "malformed")])
def test_read_deployment_wrong_file_is_named(tmp_path, content, words):
    path = tmp_path / "31337.json"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(ConfigurationError, match=words):
        read_deployment(path)


def test_difference_is_one_line():
    assert str(Difference("RiskFeed", "a", "b")) == "RiskFeed: recorded a, on the chain b"
