"""`python -m leadmaild` and the `leadmaild` command."""

import os
import sys

INTERRUPTED = 130  # 128 + SIGINT, as shells say it


def main() -> None:
    """Run the command line and exit with its sysexits code; with 130, and no traceback, on Ctrl-C."""
    try:
        # Here, and not above: Ctrl-C may well come while the house is still being imported.
        import signal

        from leadmaild.loading import loading

        # No plugin has a say in our settings; to look for some, the papers of every installed package would be read.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")
        with loading():
            from leadmaild.cli.main import run
        code = run(sys.argv[1:])
        # The outcome stands: what the interpreter still has to put away is nobody's to interrupt.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
