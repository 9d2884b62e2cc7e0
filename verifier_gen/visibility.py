"""What of a run a circuit's proof exposes: values themselves, their hashes, or nothing.

docs/privacy.md says what each choice proves and costs.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from statements.errors import CircuitError, ConfigurationError
from statements.instances import InstanceLayout
from statements.quantities import to_field
from statements.request_tag import split_tag
from verifier_gen.choices import Visibility
from verifier_gen.manifest import CircuitManifest
from verifier_gen.poseidon import poseidon_hash
from verifier_gen.recipe import CircuitRecipe

_INPUTS = (Visibility.PUBLIC, Visibility.HASHED, Visibility.PRIVATE)
_PARAMETERS = (Visibility.FIXED, Visibility.HASHED, Visibility.PRIVATE)


class ExposedLayout(InstanceLayout):
    """Instances of a circuit that hides something: hashes stand where inputs would, and no tag."""

    input_count: int = Field(ge=0)


def check_visibility(recipe: CircuitRecipe) -> None:
    """Refuse what proves nothing useful or cannot be.

    Raises:
        ConfigurationError: outputs are not public, inputs would be constants, or weights would each be an instance.
    """
    allowed = {"input": _INPUTS, "output": (Visibility.PUBLIC,), "param": _PARAMETERS}
    for group, choices in allowed.items():
        chosen = getattr(recipe, f"{group}_visibility")
        if chosen not in choices:
            raise ConfigurationError(
                f"recipe {recipe.name}: {group}_visibility = {chosen.value!r} is not possible",
                remedy=f"Choose one of: {', '.join(choice.value for choice in choices)}",
            )


def exposed_layout(manifest: CircuitManifest) -> InstanceLayout:
    """The layout of a proof's instances; the manifest's own where inputs are public and weights are not hashed.

    EZKL puts hashes first (of the inputs, of the tag, of the weights), then public inputs and tag, then outputs.
    """
    layout, hidden = manifest.layout, _hashes(manifest)
    if manifest.input_visibility is Visibility.PUBLIC:
        if not hidden:
            return layout
        hidden += layout.input_count + layout.tag_limbs
    return ExposedLayout(**layout.model_dump() | {"input_count": hidden, "tag_limbs": 0})


def parameters_hash(manifest: CircuitManifest, elements: Sequence[int]) -> int | None:
    """The hash of the weights among a proof's instances; None where the circuit does not show one."""
    if manifest.param_visibility is not Visibility.HASHED:
        return None
    return elements[_hashes(manifest) - 1]


def shows(manifest: CircuitManifest, elements: Sequence[int], inputs: Sequence[int], tag: int) -> bool:
    """Whether instances are those of a run on these inputs with this tag, as far as the circuit exposes them.

    Args:
        manifest: of the circuit.
        elements: instances of a proof that verifies.
        inputs: signed integers at 2^input_scale_bits.
        tag: request tag.

    Raises:
        CircuitError: the tag does not fit its limbs.
    """
    layout = manifest.layout
    try:
        limbs = split_tag(tag, limbs=layout.tag_limbs, limb_bits=layout.tag_limb_bits)
        groups = [[to_field(x) for x in group] for group in (inputs, limbs) if group]
    except ValueError as error:
        raise CircuitError(str(error), remedy="Compute the tag with statements.request_tag") from error
    match manifest.input_visibility:
        case Visibility.HASHED:
            expected, start = [poseidon_hash(group) for group in groups], 0
        case Visibility.PRIVATE:
            return True
        case _:
            expected, start = [element for group in groups for element in group], _hashes(manifest)
    return list(elements[start : start + len(expected)]) == expected


def _hashes(manifest: CircuitManifest) -> int:
    """Instances that are hashes."""
    of_inputs = (2 if manifest.layout.tag_limbs else 1) if manifest.input_visibility is Visibility.HASHED else 0
    return of_inputs + (manifest.param_visibility is Visibility.HASHED)
