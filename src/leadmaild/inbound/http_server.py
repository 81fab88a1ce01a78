"""The HTTP listener: a few bounded GETs, by hand (ADR 7). Whatever goes wrong here ends one connection and no mail."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from ipaddress import ip_address

from leadmaild.inbound.http_request import LONGEST_HEAD, Answer, Request, parse_head, plain
from leadmaild.inbound.places import bind, remove_socket_file, shown
from leadmaild.maillog import Event, log

MOST_CONNECTIONS = 32
HEAD_WITHIN = timedelta(seconds=5)
HEARD_OUT_FOR = timedelta(seconds=1)
ANSWER_WITHIN = timedelta(seconds=15)  # head, answer and its sending together

Asked = Callable[[Request], Awaitable[Answer]]


class HttpServer:
    """Listens at one place, answers each connection once, and closes it."""

    def __init__(self, place: str, answer: Asked) -> None:
        self.address = place
        self._place = place
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises Unavailable if the address cannot be had."""
        self._server = await bind(self._place, self._protocol)
        self.address = shown(self._server.sockets[0].getsockname())
        log(Event.LISTENING, listen=self.address, channel="http")

    @property
    def is_local(self) -> bool:
        """Whether only programs on this machine can reach us."""
        sockets = self._server.sockets if self._server else ()
        return all(_is_local(listening.getsockname()) for listening in sockets)

    async def close(self) -> None:
        """Stop listening and break off what is being answered."""
        if self._server is not None:
            self._server.close()
            remove_socket_file(self._place)
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _protocol(self) -> asyncio.StreamReaderProtocol:
        reader = asyncio.StreamReader(limit=LONGEST_HEAD)
        return asyncio.StreamReaderProtocol(reader, self._connected)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._converse(reader, writer), name="http")
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                answer, with_body = await self._ask(reader)
                if answer is not None:
                    writer.write(answer.octets(with_body=with_body))
                    await writer.drain()
                    writer.write_eof()
                    await _hear_out(reader)
        except (OSError, TimeoutError):
            pass  # gone, or too slow for us
        finally:
            with suppress(RuntimeError):  # the loop is being closed
                writer.transport.abort()

    async def _ask(self, reader: asyncio.StreamReader) -> tuple[Answer | None, bool]:
        """The answer, or None where nobody asks; and whether its body is wanted."""
        if len(self._connections) > MOST_CONNECTIONS:
            return plain(HTTPStatus.SERVICE_UNAVAILABLE, ("Retry-After", "5")), True
        try:
            async with asyncio.timeout(HEAD_WITHIN.total_seconds()):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None, False
        except asyncio.LimitOverrunError:
            return plain(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE), True
        except TimeoutError:
            return plain(HTTPStatus.REQUEST_TIMEOUT), True
        request = parse_head(head)
        if request is None:
            return plain(HTTPStatus.BAD_REQUEST), True
        try:
            return await self._answer(request), request.method != "HEAD"
        except Exception as failure:  # noqa: BLE001  # a bug of ours must not touch the mail (PF3)
            log(Event.BUG, where="http", exc=failure)
            return plain(HTTPStatus.INTERNAL_SERVER_ERROR), True


async def _hear_out(reader: asyncio.StreamReader) -> None:
    """Read what is still being sent, within bounds: closing on unread octets would take our answer away with them."""
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARD_OUT_FOR.total_seconds()):
            for _ in range(16):
                if not await reader.read(LONGEST_HEAD):
                    break


def _is_local(sockname: str | tuple[str, int]) -> bool:
    return isinstance(sockname, str) or ip_address(sockname[0].partition("%")[0]).is_loopback
