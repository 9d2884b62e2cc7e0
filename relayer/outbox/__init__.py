"""The relayer's memory: what was taken, what is to be done, what was sent, and every change of state."""
