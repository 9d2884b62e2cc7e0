"""Creates and configures contracts; a step that has happened is not repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from statements.errors import ChainError, ConfigurationError
from veristake.contracts_tool.artifacts import Artifact, Artifacts, check_size
from veristake.contracts_tool.create2 import FACTORY, FACTORY_CODE, create2_address, salt_of
from veristake.contracts_tool.journal import Entry
from veristake.contracts_tool.runtime_code import same_code
from veristake.contracts_tool.sender import Call, Sender

if TYPE_CHECKING:
    from web3 import Web3

Contract = Any
"""A contract at an address; web3 makes its methods at run time, from the ABI."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Deployer:
    """Brings contracts to one chain.

    Attributes:
        artifacts: compiled contracts.
        sender: account that pays.
        web3: connection to the chain.
        release: prefix of all salts: another one gives other addresses.
        progress: told of each step.
        dry: say what would be done, and send nothing.
        would_send: steps that a dry run has left out.
    """

    artifacts: Artifacts
    sender: Sender
    web3: Web3
    release: str
    progress: Progress
    dry: bool = False
    would_send: list[str] = field(default_factory=list)

    def now(self) -> int:
        """The chain's time: that of its latest block, Unix seconds."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def predict(self, name: str, *arguments: Any) -> str:
        """Where :meth:`create` puts a contract."""
        return create2_address(salt_of(self.release, name), self._init_code(self.artifacts.get(name), arguments))

    def create(self, name: str, *arguments: Any, source: str | None = None) -> Contract:
        """A contract at the address that follows from its code, its arguments and the release; made unless it is there.

        Args:
            name: contract in the project, and what the salt is made of.
            arguments: of its constructor.
            source: contract in the project, where it is not called ``name``.

        Raises:
            ChainError: other code is at that address, or the transaction failed.
        """
        artifact = self.artifacts.get(source or name)
        address = self.create_code(name, self._init_code(artifact, arguments), artifact.runtime_code)
        return self.at(artifact.name, address)

    def create_code(self, name: str, init_code: bytes, runtime_code: bytes) -> str:
        """As :meth:`create`, of code that no compiler made.

        Args:
            name: what the salt is made of.
            init_code: creation code with the constructor's arguments.
            runtime_code: what it leaves on the chain, immutables zero.

        Returns:
            Its address.

        Raises:
            ChainError: other code is at that address, or the transaction failed.
        """
        address = create2_address(salt_of(self.release, name), init_code)
        step = f"deploying {name} at {address}"
        live = self.code(address)
        if live and not self.sender.is_unfinished(step):
            self.progress(f"{name} is at {address} already")
        else:
            self._run(step, Call(FACTORY, salt_of(self.release, name) + init_code))
            live = self.code(address)
        self._check_code(name, runtime_code, address, live)
        return address

    def code_hash(self, source: str, address: str) -> str:
        """keccak256 of a contract's code, 0x-hex: as the chain has it, or as it will be where nothing stands yet.

        Args:
            source: contract in the project, without immutables.
            address: where it is.
        """
        return "0x" + keccak(self.code(address) or self.artifacts.get(source).runtime_code).hex()

    def create_owned(self, name: str, label: str, *arguments: Any) -> Contract:
        """A mock, which belongs to whoever creates it: at an address that follows from the sender's nonce.

        Args:
            name: contract in the project.
            label: tells it from others of the same name.
            arguments: of its constructor.

        Raises:
            ChainError: the transaction failed.
        """
        artifact = self.artifacts.get(name)
        step = f"deploying {name} for {label}"
        would_be = self.sender.nonce_of(step) + len(self.would_send)
        sent = self._run(step, Call(None, self._init_code(artifact, arguments)))
        address = create_address(self.sender.address, would_be if sent is None else sent.nonce)
        self._check_code(name, artifact.runtime_code, address, self.code(address))
        return self.at(name, address)

    def send(self, step: str, contract: Contract, method: str, *arguments: Any, done: Callable[[], bool]) -> None:
        """Call a method in a transaction, unless its effect is there.

        Args:
            step: words for the person who waits, unique in the deployment.
            contract: whose method.
            method: its name.
            arguments: of the method.
            done: whether the chain shows the effect.

        Raises:
            ChainError: the transaction reverted or could not be sent.
        """
        if self.code(contract.address) and done() and not self.sender.is_unfinished(step):
            return
        self._run(step, Call(contract.address, bytes.fromhex(contract.encode_abi(method, args=arguments)[2:])))

    def at(self, name: str, address: str) -> Contract:
        """A contract of the project at an address."""
        return self.web3.eth.contract(
            self.web3.to_checksum_address(address), abi=self.artifacts.get(name).abi, decode_tuples=True
        )

    def code(self, address: str) -> bytes:
        """Code at an address; empty when there is none."""
        return bytes(self.web3.eth.get_code(self.web3.to_checksum_address(address)))

    def check_factory(self) -> None:
        """Refuse a chain without the deterministic deployment proxy.

        Raises:
            ChainError: it is not there.
        """
        if self.code(FACTORY) != FACTORY_CODE:
            raise ChainError(
                f"chain {self.web3.eth.chain_id} has no deterministic deployment proxy at {FACTORY}",
                remedy="Send its pre-signed transaction first: github.com/Arachnid/deterministic-deployment-proxy",
            )

    def check_salt_is_free(self, *, has_mocks: bool) -> None:
        """Refuse to make mocks beside a deployment that is there: their addresses are in a journal that is missing.

        Raises:
            ConfigurationError: this account's contracts stand under this salt, and the journal does not know of them.
        """
        if has_mocks and not self.sender.has_sent() and self.code(self.predict("Authority", self.sender.address)):
            raise ConfigurationError(
                f"salt {self.release} is used on this chain by {self.sender.address}, and the journal is missing",
                remedy="Give the plan another salt, or put the journal back",
            )

    def _run(self, step: str, call: Call) -> Entry | None:
        if not self.sender.is_done(step):
            self.progress(step)
        if self.dry:
            self.would_send.append(step)
            return None
        return self.sender.transact(step, call)

    def _init_code(self, artifact: Artifact, arguments: tuple[Any, ...]) -> bytes:
        check_size(artifact)
        if not artifact.init_code:
            raise ConfigurationError(f"contract {artifact.name} is abstract and cannot be deployed")
        contract = self.web3.eth.contract(abi=artifact.abi, bytecode="0x" + artifact.init_code.hex())
        return bytes.fromhex(contract.constructor(*arguments).data_in_transaction[2:])

    def _check_code(self, name: str, runtime_code: bytes, address: str, live: bytes) -> None:
        if (self.dry and not live) or same_code(runtime_code, live):
            return
        found = f"other code ({len(live)} bytes)" if live else "no code"
        raise ChainError(
            f"{address} should be {name} and has {found}",
            remedy="Is this the right node? Otherwise give the plan another salt",
        )


def create_address(sender: str, nonce: int) -> str:
    """Where an account's plain creation puts a contract: keccak256 of the RLP of sender and nonce (yellow paper, 7).

    Args:
        sender: account.
        nonce: of the creating transaction.
    """
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    # RLP: a single byte below 0x80 is itself, a short string has 0x80 plus its length before it, a short list 0xc0
    item = number if len(number) == 1 and number[0] < 0x80 else bytes([0x80 + len(number)]) + number
    payload = b"\x94" + bytes.fromhex(sender[2:]) + item
    return str(to_checksum_address(keccak(bytes([0xC0 + len(payload)]) + payload)[-20:]))
