"""A local chain: real Anvil as a subprocess, its clock and its forks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from hexbytes import HexBytes
from web3 import Web3
from web3.types import RPCEndpoint, TxReceipt

from veristake.demo.processes import DemoError, ManagedProcess, ProcessGroup, free_port, is_free, wait_until

ACCOUNTS = 20
_BALANCE_ETHER = 10_000


def contract_at(web3: Web3, address: str, abi: Any) -> Any:
    """A contract to call; untyped, because its functions are known only from the ABI."""
    # web3 types addresses as its own string type
    return web3.eth.contract(address=Web3.to_checksum_address(address), abi=abi)


@dataclass(frozen=True)
class LocalChain:
    """A running Anvil.

    Attributes:
        chain_id: EIP-155 id.
        url: JSON-RPC endpoint.
        web3: connection.
        process: the subprocess.
    """

    chain_id: int
    url: str
    web3: Web3
    process: ManagedProcess

    def call(self, method: str, *parameters: Any) -> Any:
        """A raw JSON-RPC call.

        Raises:
            DemoError: the node answered with an error.
        """
        try:
            answer = self.web3.provider.make_request(RPCEndpoint(method), list(parameters))
        except requests.RequestException as error:
            self.process.require_alive()
            raise DemoError(
                f"chain {self.chain_id} does not answer {method}: {type(error).__name__}",
                remedy=f"The node's log is in {self.process.log}",
            ) from error
        if "error" in answer:
            raise DemoError(
                f"{method} on chain {self.chain_id} failed: {answer['error']}",
                remedy=f"The node's log is in {self.process.log}",
            )
        return answer["result"]

    @property
    def accounts(self) -> list[str]:
        """The node's unlocked accounts, checksummed."""
        return [Web3.to_checksum_address(account) for account in self.call("eth_accounts")]

    @property
    def timestamp(self) -> int:
        """Time of the latest block, seconds."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    @property
    def block_number(self) -> int:
        """Number of the latest block."""
        return int(self.web3.eth.block_number)

    def mine_at(self, timestamp: int) -> int:
        """Mine one block at a given time and return its number; every transaction in it must have succeeded.

        Raises:
            DemoError: a transaction in it failed.
        """
        self.call("evm_setNextBlockTimestamp", timestamp)
        self.call("evm_mine")
        number = self.block_number
        receipts = self.call("eth_getBlockReceipts", hex(number))
        failed = [receipt["transactionHash"] for receipt in receipts if int(receipt["status"], 16) == 0]
        if failed:
            raise DemoError(
                f"{len(failed)} of {len(receipts)} transactions failed in block {number} of chain {self.chain_id}",
                remedy=f"Trace the first with: cast run {failed[0]} --rpc-url {self.url}",
            )
        return number

    def mine_by_hand(self) -> None:
        """Blocks come only from :meth:`mine_at`."""
        self.call("evm_setAutomine", False)

    def mine_each_second(self) -> None:
        """Blocks come by themselves, as on a real chain, so that finality advances."""
        self.call("evm_setIntervalMining", 1)

    def mine_at_once(self) -> None:
        """Each transaction makes a block."""
        self.call("evm_setAutomine", True)

    def wait_for(self, transaction: str) -> TxReceipt:
        """Receipt of a transaction."""
        return self.web3.eth.wait_for_transaction_receipt(HexBytes(transaction), timeout=30, poll_latency=0.05)


def _command(anvil: Path, chain_id: int, port: int) -> list[str]:
    return [
        str(anvil),
        *("--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id)),
        *("--accounts", str(ACCOUNTS), "--balance", str(_BALANCE_ETHER)),
        # finality follows the head by two blocks instead of 64
        *("--slots-in-an-epoch", "1"),
        # a block keeps the order in which the market sent its transactions
        *("--order", "fifo", "--silent"),
    ]


def _connect(processes: ProcessGroup, process: ManagedProcess, chain_id: int, port: int) -> LocalChain:
    url = f"http://127.0.0.1:{port}"
    web3 = Web3(Web3.HTTPProvider(url, request_kwargs={"timeout": 30}))
    wait_until(f"chain {chain_id}", web3.is_connected, processes=processes, seconds=30, interval=0.05)
    return LocalChain(chain_id=chain_id, url=url, web3=web3, process=process)


def start_chain(
    processes: ProcessGroup, anvil: Path, chain_id: int, *, genesis_timestamp: int, port: int = 0
) -> LocalChain:
    """Start a chain whose clock begins at ``genesis_timestamp`` (Unix seconds).

    Args:
        processes: owner of the subprocess.
        anvil: binary.
        chain_id: EIP-155 id.
        genesis_timestamp: time of block 0.
        port: listen here; 0 takes a free one.

    Raises:
        DemoError: Anvil does not come up, for example because the port is taken.
    """
    if port and not is_free(port):
        raise DemoError(f"port {port} for chain {chain_id} is taken", remedy="Choose another, or 0 for any free one")
    chosen = port or free_port()
    command = [*_command(anvil, chain_id, chosen), "--timestamp", str(genesis_timestamp)]
    process = processes.start(f"anvil-{chain_id}", command)
    return _connect(processes, process, chain_id, chosen)


def fork_chain(processes: ProcessGroup, anvil: Path, chain: LocalChain, block: int) -> LocalChain:
    """A copy of ``chain`` as it was at ``block``, on which anything may be tried without touching the original."""
    port = free_port()
    command = [*_command(anvil, chain.chain_id, port), "--fork-url", chain.url, "--fork-block-number", str(block)]
    process = processes.start(f"sandbox-{chain.chain_id}", command)
    return _connect(processes, process, chain.chain_id, port)
