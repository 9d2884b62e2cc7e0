"""An EVM (py-evm) whose precompiles can be moved or silenced: Anvil has Ethereum's only."""

from collections.abc import Callable, Mapping
from typing import Any

from eth.abc import ComputationAPI
from eth.chains.base import MiningChain
from eth.consensus import NoProofConsensus
from eth.constants import CREATE_CONTRACT_ADDRESS, ZERO_ADDRESS
from eth.db.atomic import AtomicDB
from eth.exceptions import VMError
from eth.precompiles import ecadd
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.cancun.computation import CANCUN_PRECOMPILES, CancunComputation
from eth.vm.forks.cancun.state import CancunState
from eth.vm.message import Message
from eth_abi import encode
from eth_utils import function_signature_to_4byte_selector

Precompile = Callable[[ComputationAPI], ComputationAPI]
VERIFIER = b"\x11" * 20
ADMIN = b"\xad" * 20


def answers_nothing(computation: ComputationAPI) -> ComputationAPI:
    """Succeeds and returns no data, as frontier's dispatch can and as an empty account does."""
    computation.output = b""
    return computation


def address(number: int) -> bytes:
    return number.to_bytes(20, "big")


ETHEREUM: dict[bytes, Precompile] = dict(CANCUN_PRECOMPILES)
SUBTENSOR = ETHEREUM | {address(6): answers_nothing, address(9): ecadd}
SILENT = dict.fromkeys(ETHEREUM, answers_nothing)
"""A chain where every precompile is silent, as 0x07 to 0x09 were on Subtensor before it had them."""


def _chain(precompiles: Mapping[bytes, Precompile], accounts: dict[bytes, Any], chain_id: int) -> Any:
    """A chain of one block with these precompiles and accounts."""
    computation = type("Computation", (CancunComputation,), {"_precompiles": dict(precompiles)})
    state = type("State", (CancunState,), {"computation_class": computation})
    virtual_machine: Any = type("Machine", (CancunVM,), {"_state_class": state, "consensus_class": NoProofConsensus})
    chain: Any = MiningChain.configure(__name__="Chain", vm_configuration=((0, virtual_machine),), chain_id=chain_id)
    return chain.from_genesis(AtomicDB(), {"gas_limit": 30_000_000, "difficulty": 0}, accounts)


class PrecompileChain:
    """A chain with one contract on it.

    Args:
        precompiles: what is at which address.
        code: runtime code of the verifier.
    """

    def __init__(self, precompiles: Mapping[bytes, Precompile], code: bytes) -> None:
        account = {"balance": 0, "nonce": 1, "code": code, "storage": {}}
        self._chain = _chain(precompiles, {VERIFIER: account}, chain_id=31337)
        self._code = code

    def accepts(self, proof: bytes, instances: list[int]) -> bool:
        """Whether ``verifyProof`` answers one."""
        data = function_signature_to_4byte_selector("verifyProof(bytes,uint256[])")
        data += encode(["bytes", "uint256[]"], [proof, instances])
        computation = self._chain.get_vm().execute_bytecode(
            origin=ZERO_ADDRESS, gas_price=0, gas=20_000_000, to=VERIFIER, sender=ZERO_ADDRESS, value=0, data=data,
            code=self._code,
        )  # fmt: skip
        if computation.is_error:
            assert isinstance(computation.error, VMError)
            return False
        return int.from_bytes(computation.output, "big") == 1


class Reverted(Exception):  # noqa: N818 - what it is
    """A call reverted; its argument is the data."""


class ContractChain:
    """A chain on which contracts are created and called, all in one block.

    Args:
        precompiles: what is at which address.
        chain_id: EIP-155 id.
    """

    def __init__(self, precompiles: Mapping[bytes, Precompile], chain_id: int) -> None:
        self._machine = _chain(precompiles, {}, chain_id).get_vm()
        self._created = 0

    @property
    def now(self) -> int:
        """Unix time of the block."""
        return int(self._machine.state.timestamp)

    def code_of(self, contract: bytes) -> bytes:
        return bytes(self._machine.state.get_code(contract))

    def create(self, creation: bytes) -> bytes:
        """Create a contract; returns its address."""
        self._created += 1
        place = b"\xc0" + self._created.to_bytes(19, "big")
        message = Message(
            gas=20_000_000, to=CREATE_CONTRACT_ADDRESS, sender=ADMIN, value=0, data=b"", code=creation,
            create_address=place,
        )  # fmt: skip
        self._executed("apply_create_message", message)
        return place

    def call(self, contract: bytes, data: bytes) -> bytes:
        """Call a contract as the admin; what it changes stays.

        Raises:
            Reverted: it reverts.
        """
        message = Message(gas=20_000_000, to=contract, sender=ADMIN, value=0, data=data, code=self.code_of(contract))
        return self._executed("apply_message", message)

    def _executed(self, how: str, message: Message) -> bytes:
        state = self._machine.state
        context = state.get_transaction_context_class()(gas_price=0, origin=ADMIN)
        computation = getattr(state.computation_class, how)(state, message, context)
        if computation.is_error:
            raise Reverted(bytes(computation.output))
        return bytes(computation.output)
