"""What applications call: proven answers to queries, the feed of proofs, circuits and miners."""
