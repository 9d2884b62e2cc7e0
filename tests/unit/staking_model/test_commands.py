import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import staking_model.produce
from staking_model import commands
from staking_model.card import ModelCard, sha256_of
from staking_model.commands import model
from staking_model.dataset import DatasetSize
from staking_model.export import read_weights
from staking_model.features import WindowError
from staking_model.produce import ProductionSettings
from staking_model.replay import ReplayError
from staking_model.shipped import shipped_model
from statements.errors import ConfigurationError


def invoke(*arguments: object) -> Result:
    return CliRunner(mix_stderr=False).invoke(model, [str(argument) for argument in arguments])


def history(folder: Path, hours: int) -> Path:
    path = folder / "history.csv"
    rows = [f"{3600 * hour},{1 + hour * 1e-6},{0.999 - (hour > 20) * 0.001 * hour}" for hour in range(hours)]
    path.write_text("\n".join(["timestamp,rate,price", *rows]), "utf-8")
    return path


def test_predict_history_scores_newest_epochs(tmp_path: Path) -> None:
    result = invoke("predict", history(tmp_path, 30), "--last", 3)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [f"1970-01-02T0{hour}:00:00+00:00" for hour in (3, 4, 5)]
    assert "exit risk" in lines[0]
    assert "no supply" in result.stderr
    assert "learnt on simulated markets only" in result.stderr


def test_predict_history_json_has_scores_in_range(tmp_path: Path) -> None:
    answer = json.loads(invoke("predict", history(tmp_path, 30), "--last", 2, "--json").stdout)
    assert len(answer["scores"]) == 2
    assert any("simulated markets only" in note for note in answer["notes"])
    for score in answer["scores"]:
        assert 0 < score["exit_risk"] < 1
        assert 0 < score["staking_duration_seconds"] < 30 * 86400
        assert score["features"][2] == 0


def test_predict_shortest_history_gives_one_score(tmp_path: Path) -> None:
    assert len(json.loads(invoke("predict", history(tmp_path, 10), "--last", 5, "--json").stdout)["scores"]) == 1


def test_predict_too_short_history_raises(tmp_path: Path) -> None:
    result = invoke("predict", history(tmp_path, 9))
    assert isinstance(result.exception, WindowError)
    assert "9 hours" in str(result.exception)


def test_predict_missing_file_raises(tmp_path: Path) -> None:
    assert isinstance(invoke("predict", tmp_path / "none.csv").exception, ReplayError)


def test_card_shows_text_and_json() -> None:
    assert "# veristake/staking-lstm/1" in invoke("card").stdout
    assert ModelCard.model_validate_json(invoke("card", "--json").stdout) == shipped_model().card


def test_export_other_tag_limbs_keeps_the_weights(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    answer = json.loads(invoke("export", path, "--tag-limbs", 5, "--json").stdout)
    assert answer == {"path": str(path), "sha256": sha256_of(path.read_bytes())}
    assert (read_weights(path).gates == read_weights(shipped_model().onnx).gates).all()


def test_export_to_missing_folder_raises(tmp_path: Path) -> None:
    result = invoke("export", tmp_path / "none" / "network.onnx", "--tag-limbs", 5)
    assert isinstance(result.exception, ConfigurationError)


def test_train_small_data_writes_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = DatasetSize(train_tokens=2, other_tokens=1, train_epochs=100, other_epochs=50, stride=2)

    def small(**chosen: object) -> ProductionSettings:
        return ProductionSettings(size=size, **chosen)  # type: ignore[arg-type]

    monkeypatch.setattr(staking_model.produce, "ProductionSettings", small)
    result = invoke("train", "--output", tmp_path, "--hidden", 2, "--tag-limbs", 2, "--seed", 3, "--json")
    card = json.loads(result.stdout)
    assert (card["hidden"], card["tag_limbs"], card["seed"]) == (2, 2, 3)
    assert "pass 1/60" in result.stderr
    assert shipped_model(tmp_path).card.hidden == 2


def test_train_without_torch_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(commands, "find_spec", lambda package: None)
    result = invoke("train", "--output", tmp_path)
    assert isinstance(result.exception, ConfigurationError)
    assert "pip install 'veristake[train]'" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "card", "export"])
def test_help_mentions_json(command: str) -> None:
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert "--json" in result.stdout
