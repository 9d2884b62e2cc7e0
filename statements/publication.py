"""What a validator publishes, in the order of its cursor, and what a relayer pulls."""

from __future__ import annotations

from pydantic import Field

from statements.attestation import SignedAttestation
from statements.proven_inference import ProvenInference
from statements.traveller import Traveller


class Publication(Traveller):
    """One verified proof with the attestations that carry its inputs abroad.

    Attributes:
        cursor: position in this validator's feed, from 1, increasing, never reused.
        published_at: Unix time, seconds.
        inference: the verified proof.
        attestations: one per destination chain.
        validator: ss58 hotkey of the publisher.
    """

    cursor: int = Field(ge=1)
    published_at: float
    inference: ProvenInference
    attestations: tuple[SignedAttestation, ...] = ()
    validator: str


class PublicationPage(Traveller):
    """A page of the feed.

    Attributes:
        items: publications after the asked cursor, oldest first.
        next_cursor: cursor to ask with next; unchanged when there is nothing new.
    """

    items: tuple[Publication, ...]
    next_cursor: int = Field(ge=0)
