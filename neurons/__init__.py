"""Miner and validator of the subnet: who proves scores, and who checks and publishes them."""
