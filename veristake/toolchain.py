"""Finding Anvil, Node and the Solidity compiler; `verifier_gen` tries its verifiers with the same ones."""

from __future__ import annotations

from verifier_gen.toolchain import SOLC_VERSION, ensure_solc, find_tool, tool_environment

__all__ = ["SOLC_VERSION", "ensure_solc", "find_tool", "tool_environment"]
