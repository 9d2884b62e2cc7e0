"""Run halmos 0.3.0 with the version of rich that Ape needs; takes halmos's own arguments."""

import sys

from halmos.__main__ import main
from halmos.ui import UI


def _clear_live(self: UI) -> None:
    """Nothing: rich since 14.1 raises where there is no live display, which halmos expects to be harmless."""


if __name__ == "__main__":
    UI.clear_live = _clear_live
    sys.exit(main())
