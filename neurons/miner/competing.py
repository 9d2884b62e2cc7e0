"""The circuits that a miner enters into competitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from neurons.artefacts.bundle import bundle_of
from neurons.messages import CompetitionEntry, CompetitionRequest, RefusalCode
from neurons.miner.settings import CompetitionSettings
from neurons.refusing import RefusedError
from statements.errors import ConfigurationError
from verifier_gen.circuit import Circuit


class Competitions:
    """Entries by competition.

    Args:
        entered: circuit by competition id.
        sources: base URLs that serve the circuits' files.
    """

    def __init__(self, entered: Mapping[str, Circuit] | None = None, sources: Sequence[str] = ()) -> None:
        self._entered = dict(entered or {})
        self._bundles = {name: bundle_of(circuit).bundle_hash for name, circuit in self._entered.items()}
        self._sources = tuple(sources)

    @property
    def ids(self) -> tuple[str, ...]:
        """Competitions in which the miner takes part."""
        return tuple(self._entered)

    def entry(self, request: CompetitionRequest) -> CompetitionEntry:
        """The entry for a competition.

        Raises:
            RefusedError: the miner takes no part in it.
        """
        circuit = self._entered.get(request.competition_id)
        if circuit is None:
            raise RefusedError(
                RefusalCode.NOT_COMPETING, f"this miner takes no part in competition {request.competition_id}"
            )
        return CompetitionEntry(
            competition_id=request.competition_id,
            nonce=request.nonce,
            circuit_id=circuit.manifest.circuit_id,
            bundle=self._bundles[request.competition_id],
            sources=self._sources,
        )


def competitions_of(
    settings: Sequence[CompetitionSettings], circuits: Iterable[Circuit], sources: Sequence[str]
) -> Competitions:
    """The competitions of the settings.

    Args:
        settings: which circuit is entered where.
        circuits: held.
        sources: base URLs that serve their files.

    Raises:
        ConfigurationError: a circuit is not held, or a competition is named twice.
    """
    held = {circuit.manifest.circuit_id: circuit for circuit in circuits}
    entered: dict[str, Circuit] = {}
    for each in settings:
        if each.id in entered:
            raise ConfigurationError(f"competitions: {each.id} is named twice", remedy="Enter one circuit in each.")
        if each.circuit not in held:
            raise ConfigurationError(
                f"competitions: circuit {each.circuit} of {each.id} is not among circuits",
                remedy="Add its folder to circuits.",
            )
        entered[each.id] = held[each.circuit]
    return Competitions(entered, sources)
