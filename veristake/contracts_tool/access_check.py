"""Whether those, and only those, hold the roles who were given them; read from the AccessManager's events and views."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from statements.abi import load_abi
from statements.deployment import Access, Deployment
from veristake.contracts_tool.authority import ADMIN_ROLE, ROLE_NAMES, selector
from veristake.contracts_tool.chain_events import events
from veristake.contracts_tool.difference import Difference

if TYPE_CHECKING:
    from web3 import Web3

_NO_ROLE = "no role"


def access_differences(deployment: Deployment, web3: Web3) -> Iterator[Difference]:
    """Compare holders, delays and what roles may call; nothing when the deployment does not record them."""
    recorded = deployment.contracts.get("AccessManager")
    if deployment.access is None or recorded is None:
        return
    address = web3.to_checksum_address(recorded.address)
    manager = web3.eth.contract(address, abi=load_abi("AccessManager"))
    check = _AccessCheck(deployment, deployment.access, manager, web3)
    from web3.exceptions import BadFunctionCallOutput, ContractLogicError

    try:
        yield from check.holders()
        yield from check.rulers_of_roles()
        yield from check.grant_delays()
        yield from check.functions()
        yield from check.targets()
    except (BadFunctionCallOutput, ContractLogicError):
        remedy = "Correct the address in the record"
        yield Difference(
            f"AccessManager at {address}", "an AccessManager", "a contract that does not answer as one", remedy
        )


class _AccessCheck:
    def __init__(self, deployment: Deployment, access: Access, manager: Any, web3: Web3) -> None:
        self._deployment = deployment
        self._access = access
        self._manager = manager
        self._web3 = web3
        self._names = {recorded.address: name for name, recorded in deployment.contracts.items()}

    def holders(self) -> Iterator[Difference]:
        """Role by role: who has it, and how long between announcing and doing."""
        granted = {(int(event["roleId"]), str(event["account"])) for event in self._events("RoleGranted")}
        recorded = {
            (int(role), holder): delay
            for role, holders in self._access.roles.items()
            for holder, delay in holders.items()
        }
        for role, account in sorted(granted | set(recorded)):
            expected = recorded.get((role, account))
            yield from self._holder(role, account, expected)

    def _holder(self, role: int, account: str, expected: int | None) -> Iterator[Difference]:
        # also one whose role has yet to begin is a holder: hasRole says no, the date says when
        since, delay, pending, effect = self._manager.functions.getAccess(role, account).call()
        what = f"role {_role(role)} of {account}"
        live = f"held, execution delay {delay} s" if since else _NO_ROLE
        wanted = _NO_ROLE if expected is None else f"held, execution delay {expected} s"
        if live != wanted:
            remedy = (
                f"Have an admin call revokeRole({role}, {account})"
                if expected is None
                else f"Have an admin call grantRole({role}, {account}, {expected})"
            )
            yield Difference(what, wanted, live, remedy)
        elif since and effect and pending != delay:
            yield Difference(
                what, wanted, f"execution delay {pending} s from {effect} on", "Ask the admins what this is for"
            )

    def rulers_of_roles(self) -> Iterator[Difference]:
        """A role's admin and guardian roles; nobody but the admin is meant to have a say."""
        for role in map(int, self._access.roles):
            for view in ("getRoleAdmin", "getRoleGuardian"):
                live = int(self._manager.functions[view](role).call())
                if live != ADMIN_ROLE:
                    yield Difference(
                        f"{view} of role {_role(role)}", _role(ADMIN_ROLE), _role(live), "Have an admin set it to 0"
                    )

    def grant_delays(self) -> Iterator[Difference]:
        """Delay of new grants; a change that has yet to come into force counts already."""
        last = {int(event["roleId"]): int(event["delay"]) for event in self._events("RoleGrantDelayChanged")}
        for role in map(int, self._access.roles):
            if last.get(role, 0) != self._access.grant_delay:
                yield Difference(
                    f"grant delay of role {_role(role)}",
                    f"{self._access.grant_delay} s",
                    f"{last.get(role, 0)} s",
                    f"Have an admin call setGrantDelay({role}, {self._access.grant_delay})",
                )

    def functions(self) -> Iterator[Difference]:
        """Functions that another role than the admin may call."""
        recorded = {
            (self._deployment.address(name), selector(load_abi(name), function)): (f"{name}.{function}", role)
            for name, functions in self._access.functions.items()
            for function, role in functions.items()
        }
        changed = {(str(e["target"]), bytes(e["selector"])) for e in self._events("TargetFunctionRoleUpdated")}
        for target, function in sorted(changed | set(recorded)):
            called = f"{self._names.get(target, target)} 0x{function.hex()}"
            what, expected = recorded.get((target, function), (called, ADMIN_ROLE))
            live = int(self._manager.functions.getTargetFunctionRole(target, function).call())
            if live != expected:
                yield Difference(
                    f"who may call {what}",
                    _role(expected),
                    _role(live),
                    f"Have an admin call setTargetFunctionRole({target}, [0x{function.hex()}], {expected})",
                )

    def targets(self) -> Iterator[Difference]:
        """Contracts that are closed, or whose administration waits."""
        for target in sorted({str(event["target"]) for event in self._events("TargetClosed")}):
            if self._manager.functions.isTargetClosed(target).call():
                yield Difference(
                    f"{self._names.get(target, target)}", "open", "closed", "Was this meant? setTargetClosed opens it"
                )
        delays = {str(event["target"]): int(event["delay"]) for event in self._events("TargetAdminDelayUpdated")}
        for target, delay in delays.items():
            if delay:
                name = self._names.get(target, target)
                yield Difference(f"admin delay of {name}", "0 s", f"{delay} s", "Record it, if this is meant")

    def _events(self, name: str) -> Iterator[Any]:
        return events(self._web3, self._manager, name, self._deployment.from_block)


def _role(role: int) -> str:
    return ROLE_NAMES.get(role, str(role))
