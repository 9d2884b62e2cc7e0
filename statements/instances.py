"""The public field elements of a proof, in circuit order: inputs, tag limbs, outputs."""

from __future__ import annotations

from pydantic import Field, model_validator

from statements.quantities import FieldElement, from_field, to_field
from statements.request_tag import join_tag, split_tag
from statements.traveller import Traveller


class InstanceLayout(Traveller):
    """How a circuit's instances are laid out and scaled; equal to the registry's ``Circuit``.

    Attributes:
        input_count: model inputs.
        tag_limbs: limbs of the request tag.
        tag_limb_bits: bits per limb, lowest limb first.
        output_count: results.
        input_scale_bits: inputs are at 2^input_scale_bits.
        output_scale_bits: outputs are at 2^output_scale_bits, within [0, 2^output_scale_bits].
    """

    input_count: int = Field(ge=1)
    tag_limbs: int = Field(ge=0)
    tag_limb_bits: int = Field(ge=1, le=24)
    output_count: int = Field(ge=1)
    input_scale_bits: int = Field(ge=0, le=24)
    output_scale_bits: int = Field(ge=0, le=30)

    @property
    def instance_count(self) -> int:
        """Field elements of a proof."""
        return self.input_count + self.tag_limbs + self.output_count

    @property
    def tag_bits(self) -> int:
        """Bits of the request tag."""
        return self.tag_limbs * self.tag_limb_bits


class Instances(Traveller):
    """What a proof says, as field elements.

    Attributes:
        layout: how to read them.
        elements: ``layout.instance_count`` field elements in circuit order.
    """

    layout: InstanceLayout
    elements: tuple[FieldElement, ...]

    @model_validator(mode="after")
    def _count_fits_layout(self) -> Instances:
        if len(self.elements) != self.layout.instance_count:
            raise ValueError(f"{len(self.elements)} instances given, the circuit has {self.layout.instance_count}")
        return self

    @classmethod
    def build(cls, layout: InstanceLayout, inputs: tuple[int, ...], tag: int, outputs: tuple[int, ...]) -> Instances:
        """Assemble instances from signed integers.

        Raises:
            ValueError: a count or a range does not fit the layout.
        """
        limbs = split_tag(tag, limbs=layout.tag_limbs, limb_bits=layout.tag_limb_bits)
        elements = tuple(to_field(x) for x in (*inputs, *limbs, *outputs))
        return cls(layout=layout, elements=elements)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Model inputs, signed fixed point."""
        return tuple(from_field(x) for x in self.elements[: self.layout.input_count])

    @property
    def tag(self) -> int:
        """Request tag."""
        start = self.layout.input_count
        limbs = [from_field(x) for x in self.elements[start : start + self.layout.tag_limbs]]
        return join_tag(limbs, limb_bits=self.layout.tag_limb_bits)

    @property
    def outputs(self) -> tuple[int, ...]:
        """Results, signed fixed point."""
        return tuple(from_field(x) for x in self.elements[-self.layout.output_count :])
