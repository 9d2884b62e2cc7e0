"""All configuration of a deployment as one transaction of the AccessManager: it happens as a whole or not at all."""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

from veristake.contracts_tool.session import Contract, Deployer

ADMIN_ROLE = 0
"""May do everything, and give out roles; AccessManager's ``ADMIN_ROLE``."""
PROPOSER_ROLE = 1
"""May propose and activate circuit versions; ``Authority.PROPOSER``."""
GUARDIAN_ROLE = 2
"""May freeze a circuit version; ``Authority.GUARDIAN``."""


class Configuration:
    """Collects calls, and sends them as one ``multicall``."""

    def __init__(self, authority: Contract) -> None:
        self._authority = authority
        self._calls: list[bytes] = []

    def grant(self, role: int, label: str, holder: str) -> None:
        """Name a role and give it to ``holder``, without delay."""
        self._add(self._authority.labelRole, role, label)
        self._add(self._authority.grantRole, role, holder, 0)

    def name_another(self, role: int, holder: str) -> None:
        """Give a role that is already named to one more account, without delay."""
        self._add(self._authority.grantRole, role, holder, 0)

    def hand_over(self, admin: str, delay: int, deployer: str) -> None:
        """Make ``admin`` the admin, ``delay`` seconds from announcing to doing, and let ``deployer`` be one no more."""
        self._add(self._authority.grantRole, ADMIN_ROLE, admin, delay)
        self.renounce(ADMIN_ROLE, deployer)

    def renounce(self, role: int, deployer: str) -> None:
        """Let the account that sends all this give up a role."""
        self._add(self._authority.renounceRole, role, deployer)

    def open_to(self, role: int, *methods: Any) -> None:
        """Let ``role`` call ``methods``, all of one contract."""
        selectors = [keccak(text=method.abis[0].selector)[:4] for method in methods]
        self._add(self._authority.setTargetFunctionRole, methods[0].contract.address, selectors, role)

    def execute(self, method: Any, *arguments: Any) -> None:
        """Call a method that only the admin, or a role granted before, may call."""
        data = bytes(method.encode_input(*arguments))
        self._add(self._authority.execute, method.contract.address, data)

    def send(self, deployer: Deployer) -> None:
        """Send everything collected.

        Raises:
            ChainError: one of the calls reverts.
        """
        deployer.send("configuring roles and contracts", self._authority.multicall, self._calls)

    def _add(self, method: Any, *arguments: Any) -> None:
        self._calls.append(bytes(method.encode_input(*arguments)))
