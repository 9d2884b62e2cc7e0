"""Where observations come from: a chain, a table of history, the simulator; one reader for all three."""
