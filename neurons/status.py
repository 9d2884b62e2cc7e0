"""How a neuron is doing: its place in the subnet, and whether its process answers."""

from __future__ import annotations

import httpx
from pydantic import BaseModel, ConfigDict

from neurons.network.progress import LAGGING_SECONDS
from neurons.network.standing import Standing, standing_of
from neurons.opening import open_hotkey, open_network
from neurons.settings import ListenSettings, NeuronSettings
from statements.causes import cause_of
from statements.errors import VeristakeError

_SECONDS = 3.0


class NeuronStatus(BaseModel):
    """What `status` shows.

    Attributes:
        running: whether a process answers at the address of the settings.
        process: its answer, or why there is none.
        standing: its place in the subnet; None when that cannot be read.
        network_error: why it cannot be read.
    """

    model_config = ConfigDict(frozen=True)

    running: bool
    process: str
    standing: Standing | None = None
    network_error: str | None = None

    def lines(self) -> list[str]:
        """For people."""
        shown = [f"process     {self.process}"]
        if self.standing is None:
            return [*shown, f"network     {self.network_error}"]
        standing = self.standing
        place = "local network" if standing.netuid is None else f"subnet {standing.netuid}"
        shown.append(f"network     {place}: {standing.miners} miners, {standing.validators} validators")
        age = standing.block_age_seconds
        if age is not None:
            lags = "; the node lags, or this machine's clock is wrong" if abs(age) > LAGGING_SECONDS else ""
            shown.append(f"block       the newest is {age:.0f} s old{lags}")
        shown.append(f"hotkey      {standing.hotkey}")
        neuron = standing.neuron
        if neuron is None:
            return [*shown, "registered  no"]
        permit = "with" if neuron.validator_permit else "no"
        role = "" if neuron.role is None else f" as {neuron.role}"
        shown.append(f"registered  uid {neuron.uid}{role}, stake {neuron.stake:g}, {permit} validator permit")
        shown.append(f"endpoint    {neuron.endpoint or 'not announced'}")
        rules = standing.weights
        if rules is not None and neuron.validator_permit:
            last = "never" if rules.last_update_block is None else f"at block {rules.last_update_block}"
            shown.append(f"weights     set {last}; block is {rules.block}, next in {rules.blocks_to_wait} blocks")
        return shown


def neuron_status(settings: NeuronSettings) -> NeuronStatus:
    """Read a neuron's status; what cannot be read is said, not raised."""
    running, process = _process(settings.listen)
    try:
        standing = standing_of(open_network(settings), open_hotkey(settings.wallet).ss58_address)
    except VeristakeError as error:
        return NeuronStatus(running=running, process=process, network_error=str(error))
    return NeuronStatus(running=running, process=process, standing=standing)


def _process(listen: ListenSettings) -> tuple[bool, str]:
    if listen.port == 0:
        return False, "unknown: listen.port is 0, so that each start takes another one"
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)  # noqa: S104 - looked up, not bound
    host = f"[{local}]" if ":" in local else local
    try:
        answer = httpx.get(f"http://{host}:{listen.port}/healthz", timeout=_SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        return False, f"not running: {host}:{listen.port}: {cause_of(error)}"
    if answer.status_code != httpx.codes.OK:
        return False, f"{host}:{listen.port} answers HTTP {answer.status_code}"
    return True, f"answers at {host}:{listen.port}"
