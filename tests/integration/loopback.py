"""Small facts about this machine that the server fixtures share."""

import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(fact: Callable[[], object], seconds: float = 20, what: str = "the fact waited for") -> None:
    """Ask for `fact` until it is true; fail once `seconds` are over."""
    ends_at = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > ends_at:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.02)


def greeting_at(port: int) -> bytes:
    """Return the first bytes a server on loopback says, or b"" if none can be had."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(512)
    except OSError:
        return b""


@contextmanager
def server_folder(prefix: str, owner: str | None = None) -> Iterator[Path]:
    """A folder that a server under another user can reach: pytest's own temporary folders are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix=f"leadmaild-{prefix}-"))
    try:
        folder.chmod(0o755)
        if owner:
            shutil.chown(folder, owner, owner)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
