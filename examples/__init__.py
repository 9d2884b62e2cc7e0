"""Worked examples; nothing that veristake itself needs."""
