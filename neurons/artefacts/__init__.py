"""Circuits by content hash: bundles that list their files, serving them, fetching them from sources that may lie."""
