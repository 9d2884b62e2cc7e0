from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from neurons.miner import settings as miner
from neurons.network import LocalNetwork
from neurons.network.settings import BittensorNetworkSettings, LocalNetworkSettings
from neurons.opening import open_network
from neurons.settings import load_settings
from neurons.validator import settings as validator
from statements.errors import ConfigurationError


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "miner.toml"
    path.write_text(miner.TEMPLATE)
    return path


def test_load_settings_templates_are_valid(config: Path, tmp_path: Path) -> None:
    settings = load_settings(miner.MinerSettings, config)
    assert settings.listen.port == 8091
    assert settings.wallet.path == Path.home() / ".bittensor/wallets"
    other = tmp_path / "validator.toml"
    other.write_text(validator.TEMPLATE)
    assert load_settings(validator.ValidatorSettings, other).assets[0].symbol == "ezETH"


def test_validator_template_commented_lines_are_valid_too(tmp_path: Path) -> None:
    path = tmp_path / "validator.toml"
    text = validator.TEMPLATE.split("# [attestation]")
    path.write_text(text[0] + "[attestation]" + text[1].replace("\n# ", "\n"))
    settings = load_settings(validator.ValidatorSettings, path)
    assert settings.attestation is not None
    assert settings.attestation.destinations[0].chain_id == 31338


def test_load_settings_environment_overrides_one_field(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERISTAKE_MINER_LISTEN__PORT", "9000")
    settings = load_settings(miner.MinerSettings, config)
    assert (settings.listen.port, settings.listen.host) == (9000, "127.0.0.1")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("chain_id = 31337", 'chain_id = "home"', r"chain\.chain_id = 'home'"),
        ("workers = 1", "wrokers = 1", "wrokers"),
        ("workers = 1", "workers = 0", "workers = 0"),
        ("0x0000000000000000000000000000000000000000", "0x00", r"chain\.observer"),
        ("port = 8091", "port = 70000", r"listen\.port = 70000"),
        ('name = "miner"', "", r"wallet\.name"),
        ("[wallet]", "[wallet", "is not TOML"),
    ],
)
def test_load_settings_bad_field_is_named_with_its_value(config: Path, old: str, new: str, said: str) -> None:
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new))
    with pytest.raises(ConfigurationError, match=said):
        load_settings(miner.MinerSettings, config)


def test_load_settings_relative_paths_start_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    path = tmp_path / "settings.toml"
    path.write_text(miner.TEMPLATE.replace("~/.bittensor/wallets", "wallets"))
    mining = load_settings(miner.MinerSettings, Path("../settings.toml"))
    assert isinstance(mining.network, LocalNetworkSettings)
    assert mining.network.path == tmp_path / "build/network.json"
    assert mining.circuits == (tmp_path / "build/circuits/staking",)
    assert mining.wallet.path == tmp_path / "wallets"
    text = validator.TEMPLATE.split("# [attestation]")
    path.write_text(
        text[0] + "[attestation]" + text[1].replace("\n# ", "\n").replace('"keys/attester.p', '"/etc/attester.p')
    )
    validating = load_settings(validator.ValidatorSettings, path)
    assert validating.circuit == tmp_path / "build/circuits/staking"
    assert validating.state_url == f"sqlite:///{tmp_path}/build/validator.sqlite"
    assert validating.attestation is not None
    assert validating.attestation.keystore == tmp_path / "keys/attester.json"
    assert validating.attestation.password_file == Path("/etc/attester.password")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////var/state.sqlite",
        "sqlite:///:memory:",
        "sqlite://",
        "sqlite:///file:x?mode=ro&uri=true",
        "postgresql://u@db/x",
    ],
)
def test_load_settings_state_url_without_relative_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    path = tmp_path / "validator.toml"
    path.write_text(validator.TEMPLATE)
    monkeypatch.setenv("VERISTAKE_VALIDATOR_STATE_URL", url)
    assert load_settings(validator.ValidatorSettings, path).state_url == url


def test_load_settings_malformed_endpoint_is_named_and_never_shows_its_key(config: Path) -> None:
    config.write_text(config.read_text().replace('"http://127.0.0.1:8545"', '{ url = "https://node/SECRETKEY" }'))
    with pytest.raises(ConfigurationError, match=r"chain\.endpoint: ") as caught:
        load_settings(miner.MinerSettings, config)
    assert "SECRETKEY" not in str(caught.value)


def test_load_settings_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.toml does not exist"):
        load_settings(miner.MinerSettings, tmp_path / "nothing.toml")


def test_validator_settings_same_token_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "validator.toml"
    asset = tomllib.loads(validator.TEMPLATE)["assets"][0]
    again = f'[[assets]]\nsymbol = "again"\ntoken = "{asset["token"]}"\n'
    path.write_text(validator.TEMPLATE + again)
    with pytest.raises(ConfigurationError, match="listed twice"):
        load_settings(validator.ValidatorSettings, path)


def network_of(config: Path, network: str) -> miner.MinerSettings:
    config.write_text(config.read_text().replace('network = "build/network.json"', "") + network)
    return load_settings(miner.MinerSettings, config)


def test_load_settings_network_as_a_table_is_local_or_bittensor(config: Path, tmp_path: Path) -> None:
    text = config.read_text()
    local = network_of(config, '[network]\npath = "net.json"\nrules = { block_seconds = 0.5, rate_limit_blocks = 2 }')
    assert isinstance(local.network, LocalNetworkSettings)
    assert local.network.path == tmp_path / "net.json"
    assert (local.network.rules.block_seconds, local.network.rules.tempo_blocks) == (0.5, 360)
    assert isinstance(open_network(local), LocalNetwork)
    config.write_text(text)
    remote = network_of(config, '[network]\nkind = "bittensor"\nendpoint = "test"\nnetuid = 118')
    assert isinstance(remote.network, BittensorNetworkSettings)
    assert (remote.network.endpoint, remote.network.netuid) == ("test", 118)


def test_load_settings_network_environment_overrides_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERISTAKE_MINER_NETWORK", "/var/net.json")
    settings = load_settings(miner.MinerSettings, config)
    assert settings.network == LocalNetworkSettings(path=Path("/var/net.json"))


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ('kind = "bittensor"\nendpoint = "mainnet"\nnetuid = 2', r"network\.bittensor\.endpoint"),
        ('kind = "bittensor"\nendpoint = "finney"', r"network\.bittensor\.netuid"),
        ('kind = "ethereum"\npath = "x"', "network"),
        ('path = "x"\nnetuid = 2', r"network\.local\.netuid"),
    ],
)
def test_load_settings_network_malformed_is_named(config: Path, network: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        network_of(config, f"[network]\n{network}")


def test_load_settings_network_endpoint_with_a_key_is_not_shown(config: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        network_of(config, '[network]\nkind = "bittensor"\nendpoint = "https://node/secret"\nnetuid = 2')
    assert "secret" not in str(caught.value)


def test_load_settings_competition_whose_entry_nobody_could_fetch_is_refused(config: Path) -> None:
    entered = f'\n[[competitions]]\nid = "staking"\ncircuit = "0x{"cc" * 32}"\n'
    template = config.read_text()
    config.write_text(template + entered)
    assert load_settings(miner.MinerSettings, config).competitions
    config.write_text(template.replace("# serve = true ", "serve = false") + entered)
    with pytest.raises(ConfigurationError, match=r"artefacts\.serve must be true"):
        load_settings(miner.MinerSettings, config)
