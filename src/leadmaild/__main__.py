"""`python -m leadmaild` and the `leadmaild` command."""

import sys

from leadmaild.cli.main import run


def main() -> None:
    """Run the command line and exit with its sysexits code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
