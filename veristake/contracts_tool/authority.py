"""All configuration of a deployment as one transaction of the AccessManager: it happens as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eth_utils.crypto import keccak

from veristake.contracts_tool.deployer import Contract, Deployer

ADMIN_ROLE = 0
"""May do everything, and give out roles; AccessManager's ``ADMIN_ROLE``."""
PROPOSER_ROLE = 1
"""May propose and activate circuit versions; ``Authority.PROPOSER``."""
GUARDIAN_ROLE = 2
"""May freeze a circuit version; ``Authority.GUARDIAN``."""
ROLE_NAMES = {ADMIN_ROLE: "admin", PROPOSER_ROLE: "proposer", GUARDIAN_ROLE: "guardian"}


class Configuration:
    """Collects calls, and sends them as one ``multicall``."""

    def __init__(self, authority: Contract) -> None:
        self._authority = authority
        self._calls: list[bytes] = []

    def grant(self, role: int, holder: str) -> None:
        """Name a role and give it to ``holder``, without delay."""
        self._add("labelRole", role, ROLE_NAMES[role])
        self._add("grantRole", role, holder, 0)

    def name_another(self, role: int, holder: str) -> None:
        """Give a role that is already named to one more account, without delay."""
        self._add("grantRole", role, holder, 0)

    def hand_over(self, admin: str, delay: int, deployer: str) -> None:
        """Make ``admin`` the admin, ``delay`` seconds from announcing to doing, and let ``deployer`` be one no more."""
        self._add("grantRole", ADMIN_ROLE, admin, delay)
        self.renounce(ADMIN_ROLE, deployer)

    def renounce(self, role: int, deployer: str) -> None:
        """Let the account that sends all this give up a role."""
        self._add("renounceRole", role, deployer)

    def delay_grants(self, seconds: int) -> None:
        """Let whoever is given a role from now on wait for it; AccessManager lets that begin after five days."""
        for role in ROLE_NAMES:
            self._add("setGrantDelay", role, seconds)

    def open_to(self, role: int, contract: Contract, *methods: str) -> None:
        """Let ``role`` call ``methods`` of a contract."""
        selectors = [selector(contract.abi, method) for method in methods]
        self._add("setTargetFunctionRole", contract.address, selectors, role)

    def execute(self, contract: Contract, method: str, *arguments: Any) -> None:
        """Call a method that only the admin, or a role granted before, may call."""
        self._add("execute", contract.address, bytes.fromhex(contract.encode_abi(method, args=arguments)[2:]))

    def send(self, deployer: Deployer, done: Callable[[], bool]) -> None:
        """Send everything collected.

        Args:
            deployer: who sends.
            done: whether the chain shows that it has happened.

        Raises:
            ChainError: one of the calls reverts.
        """
        deployer.send("configuring roles and contracts", self._authority, "multicall", self._calls, done=done)

    def _add(self, method: str, *arguments: Any) -> None:
        self._calls.append(bytes.fromhex(self._authority.encode_abi(method, args=arguments)[2:]))


def selector(abi: Any, method: str) -> bytes:
    """First four bytes of a call of ``method``, which the ABI has once."""
    from eth_utils.abi import abi_to_signature

    entry = next(item for item in abi if item["type"] == "function" and item["name"] == method)
    return keccak(text=abi_to_signature(entry))[:4]
