"""One HTTP exchange by hand, as a monitor, a stranger or a vandal would have it."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Exchange:
    status: int
    fields: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def get(address: str, path: str, method: str = "GET", token: str = "", extra: str = "") -> Exchange:
    """Ask for one page."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: {address}\r\n{authorization}{extra}\r\n"
    return exchange_of(await send(address, head.encode()))


async def send(address: str, octets: bytes) -> bytes:
    """Send octets and read until the other side ends the connection."""
    reader, writer = await connected(address)
    try:
        writer.write(octets)
        return await reader.read()
    finally:
        writer.close()


async def connected(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.startswith("unix:"):
        return await asyncio.open_unix_connection(address.removeprefix("unix:"))
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port))


def exchange_of(octets: bytes) -> Exchange:
    head, _, body = octets.partition(b"\r\n\r\n")
    first, *fields = head.decode("ascii").split("\r\n")
    return Exchange(
        int(first.split()[1]), {k.lower(): v for k, _, v in (f.partition(": ") for f in fields)}, body.decode()
    )
