"""Anvil without a library in between: state machines ask it thousands of things."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from http.client import HTTPConnection
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.abi import function_abi_to_4byte_selector, get_abi_input_types, get_abi_output_types
from eth_utils.crypto import keccak

from tests.integration.feed_machine.observer_model import RefusedError
from tests.integration.forge_artifacts import artifact


class Interface:
    """Encodes a contract's calls and decodes its answers."""

    def __init__(self, name: str) -> None:
        made = artifact(name)
        self.bytecode: str = made["bytecode"]["object"]
        self._constructor = next((get_abi_input_types(e) for e in made["abi"] if e["type"] == "constructor"), [])
        # overloads differ in how many arguments they take
        self._functions = {
            (entry["name"], len(entry["inputs"])): (
                function_abi_to_4byte_selector(entry),
                get_abi_input_types(entry),
                get_abi_output_types(entry),
            )
            for entry in made["abi"]
            if entry["type"] == "function"
        }
        self.errors: dict[bytes, Any] = {_selector(entry): entry for entry in made["abi"] if entry["type"] == "error"}

    def creation(self, *arguments: Any) -> str:
        return self.bytecode + encode(self._constructor, arguments).hex()

    def call(self, function: str, *arguments: Any) -> str:
        selector, inputs, _ = self._functions[function, len(arguments)]
        return "0x" + (selector + encode(inputs, arguments)).hex()

    def answer(self, function: str, number_of_arguments: int, data: str) -> Any:
        """One value by itself, several as a tuple."""
        values = plain(decode(self._functions[function, number_of_arguments][2], bytes.fromhex(data[2:])))
        return values[0] if len(values) == 1 else values


@cache
def interface(name: str) -> Interface:
    """Of a contract by name, read once."""
    return Interface(name)


def _selector(error: Any) -> bytes:
    return keccak(text=f"{error['name']}({','.join(get_abi_input_types(error))})")[:4]


def plain(value: Any) -> Any:
    """Tuples of integers, booleans and lower-case hex."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple | list):
        return tuple(plain(item) for item in value)
    return value.lower() if isinstance(value, str) else value


@dataclass(frozen=True)
class Contract:
    """A deployed contract."""

    node: Node
    name: str
    address: str

    @cached_property
    def interface(self) -> Interface:
        return interface(self.name)

    def asked(self, function: str, *arguments: Any) -> Question:
        return Question(self, function, arguments)


@dataclass(frozen=True)
class Question:
    """A call that can be asked for its answer, or sent."""

    contract: Contract
    function: str
    arguments: tuple[Any, ...]

    def transaction(self, sender: str) -> dict[str, str]:
        data = self.contract.interface.call(self.function, *self.arguments)
        return {"from": sender, "to": self.contract.address, "data": data, "gas": hex(5_000_000)}


class Node:
    """An Anvil whose every block has the Unix time that the test says.

    Attributes:
        now: time of the next block, seconds.
    """

    def __init__(self, url: str, now: int) -> None:
        self._connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
        self.now, self.mined = now, 0
        self.accounts: list[str] = [account.lower() for account in self.rpc("eth_accounts")]
        self._errors: dict[bytes, Any] = {}
        # a block is there once it has been asked for; mined by itself it comes some time after its transaction
        self.rpc("evm_setAutomine", False)

    def rpc(self, method: str, *arguments: Any) -> Any:
        answer = self._post([(method, arguments)])[0]
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def deploy(self, name: str, *arguments: Any) -> Contract:
        self._errors |= interface(name).errors
        data = interface(name).creation(*arguments)
        receipt = self._mine([{"from": self.accounts[0], "data": data, "gas": hex(15_000_000)}])[0]
        return Contract(self, name, receipt["contractAddress"].lower())

    def install(self, address: str, code: str, errors: tuple[str, ...]) -> None:
        """Put the code of another's contract at an address; its errors as ``Name(type,...)``."""
        self.rpc("anvil_setCode", address, code)
        for error in errors:
            name, _, kinds = error.removesuffix(")").partition("(")
            inputs = [{"type": kind, "name": ""} for kind in kinds.split(",") if kind]
            self._errors[keccak(text=error)[:4]] = {"type": "error", "name": name, "inputs": inputs}

    def ask(self, *questions: Question, sender: str = "0x" + "00" * 20) -> list[Any]:
        """What each would answer in a block of now; a ``RefusedError`` in place of an answer that is a revert."""
        time = {"time": hex(self.now)}
        requests: list[tuple[str, tuple[Any, ...]]] = [
            ("eth_call", (question.transaction(sender), "latest", {}, time)) for question in questions
        ]
        return [self._read(q, answer) for q, answer in zip(questions, self._post(requests), strict=True)]

    def send(self, question: Question, sender: str) -> Any:
        """Mine a call in a block of now, unless it would revert; its answer.

        Raises:
            RefusedError: it reverts.
        """
        answer = self.ask(question, sender=sender)[0]
        if isinstance(answer, RefusedError):
            raise answer
        self.send_together((question, sender))
        return answer

    def send_together(self, *calls: tuple[Question, str]) -> None:
        """Mine calls in one block of now; the next block is a second later at least."""
        self._mine([question.transaction(sender) for question, sender in calls])

    def go_to(self, time: int) -> None:
        """The next block's Unix time, or the first possible after it."""
        self.now = max(time, self.mined + 1)

    def snapshot(self) -> tuple[str, int, int]:
        return self.rpc("evm_snapshot"), self.now, self.mined

    def revert(self, snapshot: tuple[str, int, int]) -> None:
        identifier, self.now, self.mined = snapshot
        assert self.rpc("evm_revert", identifier) is True

    def _mine(self, transactions: list[dict[str, str]]) -> list[dict[str, Any]]:
        hashes = [self.rpc("eth_sendTransaction", transaction) for transaction in transactions]
        self.rpc("evm_setNextBlockTimestamp", hex(self.now))
        self.rpc("evm_mine")
        receipts = [self.rpc("eth_getTransactionReceipt", digest) for digest in hashes]
        assert all(receipt["status"] == "0x1" for receipt in receipts), receipts
        self.mined = self.now
        self.now += 1
        return receipts

    def _read(self, question: Question, answer: dict[str, Any]) -> Any:
        if "error" not in answer:
            interface, count = question.contract.interface, len(question.arguments)
            return interface.answer(question.function, count, answer["result"])
        data = bytes.fromhex(answer["error"].get("data", "0x")[2:])
        if not data:
            return RefusedError()
        entry = self._errors[data[:4]]
        return RefusedError(entry["name"], *plain(decode(get_abi_input_types(entry), data[4:])))

    def _post(self, requests: list[tuple[str, tuple[Any, ...]]]) -> list[dict[str, Any]]:
        body = [{"jsonrpc": "2.0", "id": i, "method": m, "params": list(p)} for i, (m, p) in enumerate(requests)]
        self._connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        answers = json.loads(self._connection.getresponse().read())
        return sorted(answers, key=lambda answer: int(answer["id"]))
