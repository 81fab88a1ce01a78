"""Finds the files that travel with the code: templates/, config/, systemd/ (in the wheel or beside src/)."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """Return the path of a shipped folder or file, such as `templates` or `config/example.toml`.

    Raises FileNotFoundError if neither the wheel nor the checkout has it: the installation is broken.
    """
    for root in (_PACKAGE / "shipped", _PACKAGE.parent.parent):
        if (path := root / name).exists():
            return path
    raise FileNotFoundError(f"leadmaild is not installed completely: {name} is missing")
