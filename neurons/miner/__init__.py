"""The miner: computes features from the chain, proves the model's run on them, and answers validators."""
