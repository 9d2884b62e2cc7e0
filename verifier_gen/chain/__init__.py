"""Compiles a generated verifier and tries it on a local Anvil."""
