"""Sends an alarm to a URL: one POST over a connection of its own, no redirects, nothing read but the status."""

import asyncio
import ssl
from urllib.parse import SplitResult, urlsplit

from leadmaild import __version__
from leadmaild.errors import Unavailable

_LONGEST_LINE = 8 * 1024


async def post(url: str, document: bytes) -> None:
    """POST a JSON document. Raises Unavailable, never with the URL in its text: there may be a key in it.

    The caller bounds the time.
    """
    parts = urlsplit(url)
    try:
        reader, writer = await asyncio.open_connection(
            parts.hostname, parts.port or (443 if parts.scheme == "https" else 80),
            ssl=await asyncio.to_thread(_tls) if parts.scheme == "https" else None, limit=_LONGEST_LINE,
        )  # fmt: skip
        try:
            writer.write(_head(parts, len(document)) + document)
            await writer.drain()
            line = await reader.readline()
        finally:
            writer.transport.abort()
    except (OSError, ValueError) as failure:  # ValueError: a line without end
        raise Unavailable(f"the webhook cannot be reached: {type(failure).__name__}") from failure
    version, _, rest = line.decode("latin-1").partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise Unavailable("the webhook does not speak HTTP")
    if not rest.startswith("2"):
        raise Unavailable(f"the webhook answered {rest[:3]}")


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _head(parts: SplitResult, length: int) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = (
        f"POST {target} HTTP/1.1",
        f"Host: {parts.netloc.rpartition('@')[2]}",
        f"User-Agent: leadmaild/{__version__}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("utf-8")
