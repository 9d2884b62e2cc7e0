"""Who may ask a miner: registered validators with enough stake and, where wanted, a permit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from neurons.messages import RefusalCode
from neurons.miner.settings import AdmissionSettings
from neurons.network import Network, Neuron, Role, neuron_of
from neurons.refusing import RefusedError
from statements.errors import VeristakeError

_log = structlog.get_logger(__name__)
_USABLE_SECONDS = 3600.0
"""While the network cannot be read, what was read last is taken for so long."""
_FIRST_SECONDS, _PATIENCE_SECONDS = 10.0, 1.0
"""How long a caller is kept waiting for a reading: the first one, and one that replaces another."""


def require_admission(hotkey: str, neuron: Neuron | None, settings: AdmissionSettings) -> None:
    """Let a caller pass, or say why not.

    Raises:
        RefusedError: it is no validator, has too little stake, or no permit.
    """
    if neuron is None or neuron.role is Role.MINER:
        raise RefusedError(
            RefusalCode.NOT_A_VALIDATOR, f"hotkey {hotkey} is not registered as a validator in this network"
        )
    # a chain knows no roles: there it takes a permit, or the stake that the settings name
    told = neuron.role is Role.VALIDATOR or settings.minimum_stake > 0
    if not neuron.validator_permit and (settings.require_permit or not told):
        raise RefusedError(RefusalCode.NO_VALIDATOR_PERMIT, f"hotkey {hotkey} has no validator permit")
    if neuron.stake < settings.minimum_stake:
        raise RefusedError(
            RefusalCode.NOT_ENOUGH_STAKE,
            f"hotkey {hotkey} has a stake of {neuron.stake:g}, the minimum is {settings.minimum_stake:g}",
        )


class Gate:
    """Looks callers up in the network. Blocks while it reads: call it from a thread.

    Args:
        network: who takes part.
        settings: who may ask.
        clock: seconds; for tests.
        patience: how long a caller waits for a reading that replaces another, seconds.
    """

    def __init__(
        self,
        network: Network,
        settings: AdmissionSettings,
        clock: Callable[[], float] = time.monotonic,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self._network, self._settings, self._clock = network, settings, clock
        self._patience = patience
        self._lock = threading.Lock()
        self._reading: threading.Thread | None = None
        self._neurons: tuple[Neuron, ...] = ()
        self._read_at: float | None = None
        self._tried_at: float | None = None

    def admit(self, hotkey: str) -> None:
        """Let a caller pass, or say why not.

        Raises:
            RefusedError: it may not ask, or the network cannot be read.
        """
        require_admission(hotkey, neuron_of(self._known(), hotkey), self._settings)

    def _known(self) -> tuple[Neuron, ...]:
        reading, begun = self._reading_under_way()
        if reading is not None and (begun or self._read_at is None):
            # only who began it waits, and not for long: a node that hangs must not hold every thread
            reading.join(self._patience if self._read_at is not None else _FIRST_SECONDS)
        if self._read_at is None or self._clock() - self._read_at > _USABLE_SECONDS:
            raise RefusedError(
                RefusalCode.NETWORK_UNAVAILABLE,
                "this miner cannot read who takes part in the network",
                retry_after=self._settings.refresh_seconds,
            )
        return self._neurons

    def _reading_under_way(self) -> tuple[threading.Thread | None, bool]:
        """The reading that is under way, and whether it begins now because it is due."""
        with self._lock:
            due = self._tried_at is None or self._clock() - self._tried_at >= self._settings.refresh_seconds
            if self._reading is not None or not due:
                return self._reading, False
            self._reading = threading.Thread(target=self._read, name="network", daemon=True)
            self._reading.start()
            return self._reading, True

    def _read(self) -> None:
        begun = self._clock()
        try:
            self._neurons = self._network.neurons()
            self._read_at = begun
        except VeristakeError as error:
            _log.warning("network_unavailable", reason=error.message)
        except Exception:
            # a thread of its own: nobody else would say so
            _log.exception("request_failed", path="network", caller="")
        finally:
            with self._lock:
                # after the reading: one that takes longer than a refresh is not begun again at once
                self._tried_at, self._reading = self._clock(), None
