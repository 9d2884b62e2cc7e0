"""Where proofs are made: one interface, on this machine's processes or on a Ray cluster."""
