"""`leadmaild serve` whose wall clock is the real one, as many days off as the file `clock` beside them says.

Run as a program with the settings file as its argument. Event loop and time-outs count by the monotonic clock, as under
a real jump of the wall clock. (libfaketime 0.9.10 would be nearer to the truth, but under it `time.sleep` fails with
EINVAL as soon as the monotonic clock is left alone.)
"""

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path

from leadmaild import clock
from leadmaild.clock import SystemClock
from leadmaild.daemon import serve
from leadmaild.foundation import Outside
from leadmaild.maillog import configure_logging
from leadmaild.settings_files import load_settings

clock.LONGEST_SLEEP = timedelta(seconds=1)  # so that a test need not wait half a minute for each look


class ShiftedClock(SystemClock):
    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        return super().now() + timedelta(days=int(self._file.read_text()))


if __name__ == "__main__":
    configure_logging("json", "info")
    settings = Path(sys.argv[1])
    asyncio.run(serve(load_settings(settings), Outside(clock=ShiftedClock(settings.with_name("clock")))))
