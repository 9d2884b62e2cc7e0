"""Settings from TOML and environment."""

from pathlib import Path

import pytest

from relayer.finality import FinalityMode
from relayer.settings import endpoint_label, load_settings
from statements.errors import ConfigurationError

HOTKEY = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
GOOD = f"""
circuits = ["circuits/tiny"]
[wallet]
path = "wallets"
name = "relayer"
[[sources]]
url = "http://127.0.0.1:8092/"
hotkey = "{HOTKEY}"
[[chains]]
name = "home"
chain_id = 31337
endpoints = ["https://node.example/v2/SECRETKEY", "http://127.0.0.1:8545"]
risk_feed = "0x0000000000000000000000000000000000000001"
keystore = "keys/home.json"
password_file = "/etc/password"
finality = {{ mode = "depth", depth = 7 }}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "relayer.toml"
    path.write_text(text)
    return path


def test_load_settings_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, GOOD))
    (chain,) = settings.chains
    assert settings.state_url == f"sqlite:///{tmp_path}/relayer.db"
    assert settings.circuits == (tmp_path / "circuits/tiny",)
    assert settings.wallet.path == tmp_path / "wallets"
    assert (chain.keystore, chain.password_file) == (tmp_path / "keys/home.json", Path("/etc/password"))
    assert chain.finality.mode is FinalityMode.DEPTH
    assert chain.destination.attested_inputs is None
    assert settings.sources[0].url == "http://127.0.0.1:8092"


def test_load_settings_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERISTAKE_RELAYER_PORT", "9999")
    monkeypatch.setenv("VERISTAKE_RELAYER_STATE_URL", "postgresql://user@db/veristake")
    monkeypatch.setenv("VERISTAKE_RELAYER_WALLET__HOTKEY", "second")
    settings = load_settings(write(tmp_path, GOOD))
    assert settings.port == 9999
    assert settings.state_url == "postgresql://user@db/veristake"
    assert (settings.wallet.name, settings.wallet.hotkey) == ("relayer", "second")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("chain_id = 31337", "chain_id = 0", r"chains\.0\.chain_id = 0:"),
        ("chain_id = 31337", "", r"chains\.0\.chain_id: Field required"),
        ('name = "home"', 'name = "home"\nspeed = 3', r"chains\.0\.speed"),
        ("0000000001", "000000000", "is not an address"),
        ("http://127.0.0.1:8092/", "validator", r"sources\.0\.url"),
        ('mode = "depth"', 'mode = "hope"', r"chains\.0\.finality\.mode = 'hope'"),
        ("[wallet]", "[wallet", "is not TOML"),
        ("[[sources]]", "[[sourcez]]", "sourcez"),
    ],
)
def test_load_settings_wrong_value_names_field_and_value(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_settings(write(tmp_path, GOOD.replace(old, new)))
    assert caught.value.remedy


def test_load_settings_same_chain_twice_is_refused(tmp_path: Path) -> None:
    second = GOOD[GOOD.index("[[chains]]") :]
    with pytest.raises(ConfigurationError, match="two chains have the same name"):
        load_settings(write(tmp_path, GOOD + second))


def test_load_settings_bad_endpoint_never_shows_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(write(tmp_path, GOOD.replace("https://node", "htp://node")))
    assert "SECRETKEY" not in str(caught.value)


def test_load_settings_missing_file_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="relayer init"):
        load_settings(tmp_path / "none.toml")


def test_endpoint_label_hides_all_but_host_and_port() -> None:
    assert endpoint_label("https://user:pass@node.example/v2/SECRETKEY") == "node.example"
    assert endpoint_label("http://127.0.0.1:8545") == "127.0.0.1:8545"
