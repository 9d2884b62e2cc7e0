"""What the long-running programs (miner, validator, relayer) share: settings, a look at the state, doctor output."""
