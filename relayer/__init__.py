"""Relayer: pulls verified proofs from validators, verifies them again, and gets them on EVM chains exactly once."""
