"""Bare aiosmtpd that says 250 to everything and keeps nothing: the most that library can take.

`python -m benchmarks.peers.noop PORT`
"""

import asyncio
import logging
import sys

from aiosmtpd.smtp import SMTP


class _Nothing:
    async def handle_DATA(self, _server, _session, _envelope):  # noqa: N802  # aiosmtpd's name
        return "250 2.0.0 ok"


async def _serve(port: int) -> None:
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    loop = asyncio.get_running_loop()
    handler = _Nothing()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
