"""What a program of Python begins with to run as where the libraries of the database are not installed."""

BLOCK_DATABASE = """
import importlib.abc, sys

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("sqlalchemy", "alembic"):
            raise ModuleNotFoundError("No module named " + name, name=name)
        return None

sys.meta_path.insert(0, Block())
"""
