"""A real Postfix that takes mail into its queue and leaves it there."""

import os
from pathlib import Path
from typing import Self

from tests.components import program
from tests.integration.postfix import Postfix

from benchmarks.program import SERVER_CORE, Measured

ITS_SETTINGS = "Postfix: as installed, in_flow_delay = 0, all mail on hold: it does nothing but accept"


def can_run() -> bool:
    """Whether Postfix is here and may be started."""
    return os.getuid() == 0 and program("postfix") is not None


class PostfixAccepting(Measured):
    """The instance, below `folder` on the disk measured. Context manager."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o755)
        self._postfix = Postfix(folder)
        self._postfix.set_option("default_transport", "discard:")
        self._postfix.set_option("smtpd_client_restrictions", "static:HOLD")
        self.port = self._postfix.port

    def __enter__(self) -> Self:
        everything = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {SERVER_CORE})  # inherited by master and by all its daemons
        try:
            self._postfix.start()
        finally:
            os.sched_setaffinity(0, everything)
        self.pid = self._postfix.pid
        return self

    def __exit__(self, *_exc: object) -> None:
        self.resume()
        self._postfix.forget()
