"""Sends mails as fast as a server takes them: one state machine a connection, nothing built while the clock runs."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

_TIMEOUT = 120


@dataclass(frozen=True)
class Taken:
    """What a run of load came to: wall time, and the seconds from the final dot to its 250 for each mail."""

    mails: int
    seconds: float
    waits: tuple[float, ...]

    @property
    def per_second(self) -> float:
        return self.mails / self.seconds


class _Connection(asyncio.Protocol):
    """Hands `mails` in one after another; `done` is set after the goodbye."""

    def __init__(self, sender: bytes, recipient: bytes, mails: Sequence[bytes], waits: list[float]) -> None:
        self._envelope = (b"MAIL FROM:<" + sender + b">\r\n", b"RCPT TO:<" + recipient + b">\r\n", b"DATA\r\n")
        self._mails = mails
        self._waits = waits
        self._buffer = b""
        self._steps = self._dialogue()
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        next(self._steps)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n")) >= 0:
            line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
            if line[3:4] != b"-":
                try:
                    self._steps.send(line)
                except StopIteration:
                    return
                except Exception as failure:
                    self._fail(failure)
                    return

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("the server hung up"))

    def _fail(self, failure: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(failure)
            self._transport.close()

    def _dialogue(self):
        self._expect((yield), b"220")
        self._transport.write(b"EHLO bench.example\r\n")
        self._expect((yield), b"250")
        for mail in self._mails:
            for command, code in zip(self._envelope, (b"250", b"250", b"354"), strict=True):
                self._transport.write(command)
                self._expect((yield), code)
            self._transport.write(mail)
            dot_at = time.perf_counter()
            self._expect((yield), b"250")
            self._waits.append(time.perf_counter() - dot_at)
        self._transport.write(b"QUIT\r\n")
        self._expect((yield), b"221")
        self.done.set_result(None)
        self._transport.close()

    @staticmethod
    def _expect(line: bytes, code: bytes) -> None:
        if not line.startswith(code):
            raise AssertionError(f"expected {code.decode()}, the server said {line.decode(errors='replace')}")


def on_the_wire(mail: bytes) -> bytes:
    """Return a CRLF mail dot-stuffed and with its final dot."""
    return (b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


async def send_all(port: int, sender: str, recipient: str, per_connection: Sequence[Sequence[bytes]]) -> Taken:
    """Send what each connection has, all connections at the same time; the mails are as `on_the_wire` made them."""
    loop = asyncio.get_running_loop()
    waits: list[float] = []
    started_at = time.perf_counter()
    connections = await asyncio.gather(
        *(
            loop.create_connection(
                lambda mails=mails: _Connection(sender.encode(), recipient.encode(), mails, waits), "127.0.0.1", port
            )
            for mails in per_connection
        )
    )
    async with asyncio.timeout(_TIMEOUT):
        await asyncio.gather(*(protocol.done for _, protocol in connections))
    return Taken(sum(map(len, per_connection)), time.perf_counter() - started_at, tuple(waits))
