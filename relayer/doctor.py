"""Trying the operator's own settings: keys, endpoints, contracts, balances, clock, circuits, sources, state."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial

from pydantic import ValidationError

from relayer.assembly import open_circuits
from relayer.balances import Level, level_of
from relayer.chain import Chain
from relayer.heads import check_heads
from relayer.outbox.database import look_at
from relayer.settings import ChainSettings, KeeperSettings, RelayerSettings, SourceSettings, endpoint_label
from relayer.signers import open_signer
from relayer.simulation import read_integer
from signed_http.client import SignedClient
from signed_http.wallets import HotkeyKeypair, hotkey_of, open_wallet
from statements.errors import ChainError, ConfigurationError, VeristakeError
from statements.finding import Finding
from statements.publication import PublicationPage

LARGEST_CLOCK_SKEW_SECONDS = 60
LONGEST_WITHOUT_A_BLOCK_SECONDS = 3600
_WHERE_ADDRESSES_ARE = (
    "Take the address from deployments/<chainId>.json, of a local chain from build/deployments/<chainId>.json"
)


async def examine(settings: RelayerSettings) -> tuple[Finding, ...]:
    """Try everything, also after a failure; nothing is sent or changed."""
    checks = [
        await _check("circuits", lambda: _circuits(settings)),
        await _check("state", lambda: _state(settings)),
    ]
    for chain_settings in settings.chains:
        checks += await examine_chain(chain_settings)
    keypair: HotkeyKeypair | None = None
    try:
        keypair = hotkey_of(open_wallet(settings.wallet.path, settings.wallet.name, settings.wallet.hotkey))
        checks.append(Finding("wallet", True, f"hotkey {keypair.ss58_address}"))
    except VeristakeError as error:
        checks.append(Finding("wallet", False, error.message, error.remedy))
    if keypair is not None:
        for source in settings.sources:
            checks.append(await _check(f"source {source.hotkey}", partial(_source, source, keypair)))
    return tuple(checks)


async def _check(name: str, attempt: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name, True, await attempt())
    except VeristakeError as error:
        return Finding(name, False, error.message, error.remedy)
    except ValueError as error:
        detail = f"the answer is malformed: {str(error).splitlines()[0]}"
        return Finding(name, False, detail, "Check that the setting names the right service, and its version")


async def _circuits(settings: RelayerSettings) -> str:
    circuits = open_circuits(settings)
    return ", ".join(f"{c.manifest.model_name} {c.manifest.circuit_id[:10]}" for c in circuits.values())


async def _state(settings: RelayerSettings) -> str:
    return look_at(settings.state_url)


async def _source(source: SourceSettings, keypair: HotkeyKeypair) -> str:
    async with SignedClient(keypair, source.url, source.hotkey) as client:
        answer = await client.get_json("/v1/proofs", {"after": 0, "limit": 1})
    try:
        page = PublicationPage.model_validate(answer)
    except ValidationError as error:
        raise ConfigurationError(
            f"{source.url} does not answer with a page of publications",
            remedy="Check that sources[].url is of a veristake validator of this version",
        ) from error
    return "has publications" if page.items else "answers; nothing published yet"


async def examine_chain(settings: ChainSettings) -> list[Finding]:
    """Endpoints, clock, contracts, account and keeper of one chain."""
    chain, name = Chain(settings), f"chain {settings.name}"
    try:
        connected = await _check(f"{name}: endpoints", lambda: _connect(chain, settings))
        if not connected.ok:
            return [connected]
        contracts = {
            "RiskFeed": settings.risk_feed,
            "AttestedInputs": settings.attested_inputs,
            "Multicall3": settings.multicall,
        }
        heads = settings.heads_endpoint
        subscribed = [] if heads is None else [await _check(f"{name}: heads", lambda: _heads(settings, heads))]
        return [
            connected,
            *subscribed,
            await _check(f"{name}: clock", lambda: _clock(chain)),
            await _check(f"{name}: contracts", lambda: _contracts(chain, contracts)),
            await _check(f"{name}: account", lambda: _account(chain, settings)),
            *([await _check(f"{name}: keeper", partial(_keeper, chain, settings.keeper))] if settings.keeper else []),
        ]
    finally:
        await chain.close()


async def _connect(chain: Chain, settings: ChainSettings) -> str:
    await chain.connect()
    head = await chain.head()
    finalized = await chain.finalized(head, settings.finality)
    return f"chain id {settings.chain_id}, block {head.reference.number}, final {finalized}"


async def _heads(settings: ChainSettings, url: str) -> str:
    await check_heads(url, settings.chain_id)
    return f"{endpoint_label(url)} gives new heads"


async def _clock(chain: Chain) -> str:
    return clock_verdict((await chain.head()).timestamp, time.time())


def clock_verdict(block_time: float, now: float) -> str:
    """What the newest block's time says about this machine's clock.

    Args:
        block_time: of the newest block, Unix time, seconds.
        now: of this machine.

    Raises:
        ChainError: one of them is wrong: the clock is behind the chain, or no block has come for so long.
    """
    age = now - block_time
    if -age > LARGEST_CLOCK_SKEW_SECONDS:
        raise ChainError(
            f"this machine's clock is {-age:.0f} s behind the latest block",
            remedy="Set the clock (NTP): timedatectl set-ntp true",
        )
    if age > LONGEST_WITHOUT_A_BLOCK_SECONDS:
        raise ChainError(
            f"the latest block is {age:.0f} s old by this machine's clock",
            remedy="Set the clock (NTP) if it is ahead; else the chain has halted, or the endpoint lags: add another",
        )
    return f"the latest block is {max(0.0, age):.0f} s old"


async def _keeper(chain: Chain, keeper: KeeperSettings) -> str:
    actual = await read_integer(chain, keeper.observer, "EPOCH_LENGTH()")
    if actual != keeper.epoch_seconds:
        raise ConfigurationError(
            f"keeper.epoch_seconds is {keeper.epoch_seconds}, EPOCH_LENGTH of the observer at {keeper.observer} is "
            f"{actual}",
            remedy=f"Set keeper.epoch_seconds = {actual}",
        )
    return f"observer {keeper.observer}, epochs of {actual} s, {len(keeper.assets)} assets"


async def _contracts(chain: Chain, contracts: dict[str, str | None]) -> str:
    for contract, address in contracts.items():
        if address is not None and not await chain.code(address, "latest"):
            raise ConfigurationError(f"there is no contract at {address} ({contract})", remedy=_WHERE_ADDRESSES_ARE)
    return ", ".join(f"{contract} {address}" for contract, address in contracts.items() if address)


async def _account(chain: Chain, settings: ChainSettings) -> str:
    signer = open_signer(settings)
    password = settings.password_file
    loose = password is not None and password.stat().st_mode & 0o077
    balance = await chain.balance(signer.address, "latest")
    if balance == 0:
        raise ChainError(f"signer {signer.address} has no funds on {settings.name}", remedy="Send some to it")
    warning = f"; {password} can be read by others: chmod 600" if loose else ""
    low = {Level.LOW: "; below balance_warning_wei", Level.CRITICAL: "; below balance_critical_wei"}
    return f"{signer.address} has {balance} wei{low.get(level_of(balance, settings), '')}{warning}"
