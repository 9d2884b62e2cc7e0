"""Whether an answer is what was asked for: rebuilt from what the caller knows, before the proof itself is verified."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neurons.validator.api.calldata import verifier_calldata
from neurons.validator.api.messages import QueryResult
from statements.instances import InstanceLayout, Instances
from statements.request_tag import request_tag
from verifier_gen.choices import Visibility
from verifier_gen.circuit import EZKL_VERSION
from verifier_gen.manifest import CircuitManifest
from veristake.client.errors import (
    CircuitFilesError,
    StaleNonceError,
    WrongCalldataError,
    WrongCircuitError,
    WrongInputsError,
    WrongOutputsError,
    WrongTagError,
    WrongValidatorError,
)
from veristake.client.pins import PinnedCircuit

LEAST_TAG_BITS = 64
"""A shorter tag could be met by trying nonces, and so would bind a proof to nothing."""


@dataclass(frozen=True)
class Asked:
    """What the caller knows of its own query.

    Attributes:
        query_id: names it at the API.
        inputs: signed integers at 2^input_scale_bits.
        validator: ss58 hotkey that has to have asked; None takes any.
    """

    query_id: str
    inputs: tuple[int, ...]
    validator: str | None


def check_manifest(manifest: CircuitManifest, pinned: PinnedCircuit, settings: str) -> None:
    """Hold what the API says of a circuit against the pinned files: scales and counts decide what numbers mean.

    Args:
        manifest: as the API gave it.
        pinned: what the caller knows.
        settings: content of settings.json, whose hash is the pinned one.

    Raises:
        CircuitFilesError: they contradict each other, or the circuit hides what has to be seen.
    """
    layout = manifest.layout
    said = (manifest.circuit_id, manifest.verifying_key_hash, manifest.settings_hash, manifest.srs_hash)
    known = (pinned.circuit_id, pinned.circuit_id, pinned.settings_hash, pinned.srs_hash)
    if said != known:
        raise CircuitFilesError(f"circuit.json is of {said[0]}, pinned is {known[0]}", remedy="Correct the pins")
    if manifest.ezkl_version != EZKL_VERSION:
        raise CircuitFilesError(
            f"the circuit is of EZKL {manifest.ezkl_version}, this is {EZKL_VERSION}",
            remedy="Install the release of veristake that the circuit was built with",
        )
    found = _from_settings(json.loads(settings))
    if found != _from_manifest(manifest):
        raise CircuitFilesError(
            f"circuit.json says {_from_manifest(manifest)}, the pinned settings say {found}",
            remedy="Do not use this API: what it says of the circuit is not true",
        )
    if layout.tag_bits < LEAST_TAG_BITS:
        raise CircuitFilesError(
            f"the request tag has {layout.tag_bits} bits, at least {LEAST_TAG_BITS} bind a proof",
            remedy="Build the circuit with more tag limbs",
        )


def _from_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    run = settings["run_args"]
    return {
        "sizes": [math.prod(shape) for shape in settings["model_instance_shapes"]],
        "scales": sorted({settings["model_input_scales"][0]}),
        "output_scales": sorted(set(settings["model_output_scales"])),
        "visibilities": [str(run[f"{group}_visibility"]).lower() for group in ("input", "output", "param")],
    }


def _from_manifest(manifest: CircuitManifest) -> dict[str, Any]:
    layout = manifest.layout
    limbs = [layout.tag_limbs] if layout.tag_limbs else []
    return {
        "sizes": [layout.input_count, *limbs, layout.output_count],
        "scales": [layout.input_scale_bits],
        "output_scales": [layout.output_scale_bits],
        # the client rebuilds every instance, so all of them have to be public, and weights in the key
        "visibilities": [Visibility.PUBLIC.value, Visibility.PUBLIC.value, Visibility.FIXED.value],
    }


def check_answer(result: QueryResult, layout: InstanceLayout, pinned: PinnedCircuit, asked: Asked) -> Instances:
    """Hold an answer against what was asked, and rebuild the instances that its proof has to show.

    Args:
        result: as the API gave it.
        layout: of the circuit, checked against the pinned settings.
        pinned: what the caller knows of the circuit.
        asked: what the caller knows of the query.

    Returns:
        Instances made of the caller's inputs, the recomputed tag, and the answer's outputs.

    Raises:
        UnbelievableAnswerError: the first respect in which the answer does not hold.
    """
    if result.circuit_id != pinned.circuit_id:
        raise WrongCircuitError(f"the answer is of circuit {result.circuit_id}, asked was {pinned.circuit_id}")
    if result.inputs != asked.inputs:
        raise WrongInputsError("the answer is for other inputs than those that were sent")
    if asked.validator is not None and result.validator != asked.validator:
        raise WrongValidatorError(f"the answer is of validator {result.validator}, pinned is {asked.validator}")
    own = _own_instances(result, layout, asked.inputs)
    _compare(result.instances, own, layout)
    one = 1 << layout.output_scale_bits
    if result.output_values != tuple(output / one for output in result.outputs):
        raise WrongOutputsError(f"output_values {result.output_values} are not outputs {result.outputs} / {one}")
    calldata = "0x" + verifier_calldata(bytes.fromhex(result.proof[2:]), own.elements).hex()
    if result.calldata is not None and result.calldata != calldata:
        raise WrongCalldataError("the calldata is not that of this proof and these instances")
    return own


def _own_instances(result: QueryResult, layout: InstanceLayout, inputs: tuple[int, ...]) -> Instances:
    tag = request_tag(
        nonce=bytes.fromhex(result.nonce[2:]),
        validator=result.validator,
        miner=result.miner,
        circuit_id=result.circuit_id,
        inputs=inputs,
        bits=layout.tag_bits,
    )
    if result.tag != tag:
        raise WrongTagError(f"the tag is {result.tag}, nonce, validator, miner, circuit and inputs give {tag}")
    try:
        return Instances.build(layout, inputs, tag, result.outputs)
    except ValueError as error:
        raise WrongOutputsError(f"outputs {result.outputs} do not fit the circuit: {error}") from error


def _compare(told: tuple[int, ...], own: Instances, layout: InstanceLayout) -> None:
    if len(told) != len(own.elements):
        raise WrongOutputsError(f"{len(told)} instances are given, the circuit has {len(own.elements)}")
    for position, (theirs, ours) in enumerate(zip(told, own.elements, strict=True)):
        if theirs == ours:
            continue
        if position < layout.input_count:
            raise WrongInputsError(f"instance {position} of the proof is not the input that was sent")
        if position < layout.input_count + layout.tag_limbs:
            raise WrongTagError(f"instance {position} of the proof is not a limb of the request's tag")
        raise WrongOutputsError(f"instance {position} of the proof is not the output that is told")


class SeenNonces:
    """Nonces of earlier answers: the same one for another query is an old answer given again."""

    def __init__(self) -> None:
        self._key_by_nonce: dict[str, str] = {}

    def check(self, nonce: str, key: str) -> None:
        """Remember a nonce.

        Args:
            nonce: of the answer.
            key: the caller's own idempotency key: what the API calls the query, it may say again, too.

        Raises:
            StaleNonceError: it came with another query before.
        """
        before = self._key_by_nonce.setdefault(nonce, key)
        if before != key:
            raise StaleNonceError(f"nonce {nonce} of query {key!r} came with query {before!r} before")
