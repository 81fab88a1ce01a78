"""`leadmaild serve` whose leases run out after ten seconds, so that a test of crashes need not wait a minute for each.

Run as a program with the settings file as its argument.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from leadmaild.daemon import serve
from leadmaild.foundation import Outside
from leadmaild.maillog import configure_logging
from leadmaild.settings_files import load_settings

LEASE = timedelta(seconds=10)

if __name__ == "__main__":
    configure_logging("json", "info")
    asyncio.run(serve(load_settings(Path(sys.argv[1])), Outside(lease=LEASE)))
