"""``python -m local.cli``."""

from local.cli.commands import main

if __name__ == "__main__":
    main()
