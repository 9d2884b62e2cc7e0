"""What miner, validator and home chain answer, over real HTTP and from a real chain."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from neurons.home_chain import FeatureMismatchError, HomeChain, InputsUnavailableError
from neurons.miner.app import miner_app
from neurons.validator.app import validator_app
from signed_http.client import SignedClient
from signed_http.errors import PeerRefusedError
from signed_http.refusal import Fault
from signed_http.server import SignedRequests
from statements.errors import ChainError
from statements.proven_inference import ProvenInference
from statements.request_tag import request_tag
from tests.integration.neurons.parts import (
    Home,
    serving,
)
from tests.integration.neurons.subnet import (
    DESTINATION,
    MINER,
    RELAYER,
    STRANGER,
    VALIDATOR,
    Parts,
    latest_epoch,
    read_feed,
    subject_of,
)


@pytest.fixture
def asked(parts: Parts) -> Iterator[Any]:
    """Ask a real miner server, as a given caller."""
    service = parts.service()
    with serving(SignedRequests(miner_app(service, parts.gate()), MINER)) as url:

        def ask(caller: Any = VALIDATOR, path: str = "/v1/observations", **changes: Any) -> Any:
            subject = subject_of(parts.home, "ezETH", latest_epoch(parts.home))
            fields = {
                "nonce": "0x" + "33" * 32,
                "circuit_id": parts.circuit.manifest.circuit_id,
                "subject": subject.model_copy(update=changes.pop("subject", {})).model_dump(mode="json"),
                "deadline_seconds": 30,
                **changes,
            }

            async def go() -> Any:
                async with SignedClient(caller, url, MINER.ss58_address, 30) as client:
                    if path == "/v1/observations":
                        return await client.post_json(path, fields)
                    return await client.get_json(path)

            return asyncio.run(go())

        ask.service = service  # type: ignore[attr-defined]
        yield ask


def test_observations_same_request_gives_tag_of_that_request(asked: Any, parts: Parts) -> None:
    answer = ProvenInference.model_validate(asked())
    reading = HomeChain(parts.home.settings).read(answer.subject.asset, answer.subject.epoch)
    layout = answer.instances.layout
    expected = request_tag(
        nonce=bytes.fromhex("33" * 32),
        validator=VALIDATOR.ss58_address,
        miner=MINER.ss58_address,
        circuit_id=answer.circuit_id,
        inputs=reading.inputs,
        bits=layout.tag_bits,
    )
    assert answer.instances.tag == expected
    capabilities = asked(path="/v1/capabilities")
    assert capabilities["workers"] == 1
    assert capabilities["circuits"][0]["seconds_per_proof"] == pytest.approx(answer.prove_seconds)


_REFUSALS: dict[str, tuple[dict[str, Any], int, Fault]] = {
    "circuit_not_held": ({"circuit_id": "0x" + "00" * 32}, 404, Fault.CALLER),
    "wrong_home": ({"subject": {"home_chain_id": 1}}, 409, Fault.CALLER),
    "wrong_model": ({"subject": {"model_id": "0x" + "00" * 32}}, 409, Fault.CALLER),
    "wrong_config_version": ({"subject": {"config_version": 2}}, 409, Fault.CALLER),
    "inputs_unavailable": ({"subject": {"epoch": 5}}, 409, Fault.NOBODY),
    "malformed_request": ({"nonce": "0x33"}, 422, Fault.CALLER),
    "not_a_validator": ({"caller": STRANGER}, 403, Fault.CALLER),
    "unknown_route": ({"path": "/v1/nothing"}, 404, Fault.CALLER),
    "deadline_passed": ({"deadline_seconds": 0.2}, 504, Fault.RESPONDER),
}


@pytest.mark.parametrize("code", list(_REFUSALS))
def test_observations_what_cannot_be_answered_is_refused_in_types(asked: Any, code: str) -> None:
    changes, status, fault = _REFUSALS[code]
    with pytest.raises(PeerRefusedError) as caught:
        asked(**changes)
    refusal = caught.value.refusal
    assert refusal is not None
    assert (refusal.code, caught.value.status, refusal.fault) == (code, status, fault)
    assert caught.value.authentic


def test_observations_worker_dies_is_proved_again(asked: Any, parts: Parts) -> None:
    asked()
    for pid in parts.pool.worker_pids:
        os.kill(pid, signal.SIGKILL)
    answer = ProvenInference.model_validate(asked())
    assert answer.instances.tag
    assert parts.pool.replaced == 1


def test_proofs_stranger_is_no_reader(parts: Parts) -> None:
    app = validator_app(VALIDATOR.ss58_address, parts.store, parts.network, frozenset({RELAYER.ss58_address}))
    with serving(SignedRequests(app, VALIDATOR)) as url:
        assert read_feed(url, VALIDATOR.ss58_address).next_cursor == 0
        with pytest.raises(PeerRefusedError, match="not_a_reader"):
            read_feed(url, VALIDATOR.ss58_address, reader=STRANGER)


def test_check_wrong_chain_id_names_both(home: Home) -> None:
    settings = home.settings.model_copy(update={"chain_id": 1})
    with pytest.raises(ChainError, match=r"has chain id 31337, chain.chain_id is 1"):
        HomeChain(settings).check()


def test_check_no_observer_names_address(home: Home) -> None:
    settings = home.settings.model_copy(update={"observer": DESTINATION["contract"]})
    with pytest.raises(ChainError, match="has no code"):
        HomeChain(settings).check()


def test_latest_epoch_never_observed_is_unavailable(home: Home) -> None:
    with pytest.raises(InputsUnavailableError):
        HomeChain(home.settings).latest_epoch(str(DESTINATION["contract"]))


def test_require_scale_of_another_circuit_is_feature_mismatch(home: Home) -> None:
    reading = HomeChain(home.settings).read(home.token("ezETH"), latest_epoch(home))
    reading.require_scale(reading.input_scale_bits)
    with pytest.raises(FeatureMismatchError, match=r"the circuit takes 2\^14"):
        reading.require_scale(14)


def test_read_contract_disagrees_is_feature_mismatch(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurons.home_chain.window_features", lambda window, parameters: (1 << 40,) * 32)
    with pytest.raises(FeatureMismatchError, match="input 0"):
        HomeChain(home.settings).read(home.token("ezETH"), latest_epoch(home))
