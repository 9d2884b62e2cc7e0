"""Miner and validator as processes, with their settings files, wallets and states."""
