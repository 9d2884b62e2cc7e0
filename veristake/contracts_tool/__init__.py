"""Compiles, deploys and checks the contracts; the only package that imports Ape.

Ape is slow to import, so :mod:`~veristake.contracts_tool.commands` does so only when a command needs it.
"""
