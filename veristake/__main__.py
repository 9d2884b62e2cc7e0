"""``python -m veristake``."""

from veristake.cli import main

if __name__ == "__main__":
    main()
