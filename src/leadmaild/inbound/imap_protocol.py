"""aioimaplib's protocol with its faults cured: it hears when the connection dies, and cannot be made to hang or grow.

Cured here (each was reproduced with 2.0.3): a lost connection fails no pending command; a refused XOAUTH2 token waits
for ever; a greeting of BYE likewise; a burst of untagged lines exceeds the recursion limit; a literal may be of any
announced size and a line of any length.
"""

import asyncio
import re
from base64 import b64encode

from aioimaplib.aioimaplib import (
    AUTH,
    SELECTED,
    Command,
    IMAP4ClientProtocol,
    Response,
    literal_data_re,
)

LONGEST_LITERAL = 64 * 1024  # octets, but for a message that was asked for
_LONGEST_LINE = 4 * 1024**2  # UID SEARCH in a folder of 500,000 mails answers with one line of this length
# aioimaplib recurses once a line: it is fed so many at a time.
_SOME_LINES = re.compile(rb"(?:[^\n]*\n){1,100}|[^\n]+")


class BrokenOff(Exception):
    """The connection is gone or not to be trusted any more; the text says why."""


class ImapProtocol(IMAP4ClientProtocol):  # type: ignore[misc]  # aioimaplib carries no types
    """One connection. `lost` is done, with the reason, as soon as the connection is of no more use."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(loop)
        self.lost: asyncio.Future[str] = loop.create_future()
        self.capabilities: set[str] = set()
        self.longest_literal = LONGEST_LITERAL
        self.has_news = False  # a number of messages was told since the last SEARCH was sent
        self._sasl: list[bytes] = []

    # -- faults -------------------------------------------------------------------------------------------------------

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits for an answer that will not come."""
        self.break_off(f"connection lost: {type(exc).__name__}" if exc else "connection closed by the server")

    def break_off(self, reason: str) -> None:
        """Cut the connection; the first reason stays."""
        if not self.lost.done():
            self.lost.set_result(reason)
        for task in tuple(self.tasks):
            task.cancel()
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, d: bytes) -> None:
        """Feed the parser in small helpings; whatever makes it stumble ends the connection, not the program (BI-71)."""
        for lines in _SOME_LINES.findall(d):
            if self.lost.done():
                return
            try:
                super().data_received(lines)
            except Exception as error:  # noqa: BLE001 - a server may send anything, and the parser may raise anything
                self.break_off(f"not understood: {type(error).__name__}")
            if len(self.incomplete_line) > _LONGEST_LINE:
                self.break_off("line too long")

    def _handle_line(self, line: bytes, current_cmd: Command | None) -> Command | None:
        # Told in the answer to any command, and not told again in IDLE: aioimaplib would let it drop.
        self.has_news |= line.startswith(b"* ") and line.endswith(b" EXISTS")
        announced = literal_data_re.match(line)
        if announced and int(announced.group("size")) > self.longest_literal:  # BI-68
            raise BrokenOff("literal too long")
        command: Command | None = super()._handle_line(line, current_cmd)
        return command

    async def welcome(self, command: bytes) -> None:
        """Take the greeting; a server that does not want us says so and is believed."""
        try:
            await super().welcome(command)
        except Exception as error:  # noqa: BLE001 - BYE, or capabilities that are none
            self.break_off(f"no greeting: {type(error).__name__}")

    # -- SASL ---------------------------------------------------------------------------------------------------------

    async def authenticate(self, mechanism: str, response: bytes) -> Response:
        """AUTHENTICATE with one client response, sent along where the server allows it (RFC 4959)."""
        encoded = b64encode(response)
        takes_it_at_once = "SASL-IR" in self.capabilities
        self._sasl = [] if takes_it_at_once else [encoded]
        arguments = [mechanism, encoded.decode("ascii")] if takes_it_at_once else [mechanism]
        answer = await self.execute(Command("AUTHENTICATE", self.new_tag(), *arguments, loop=self.loop))
        if answer.result == "OK":
            self.state = AUTH
        return answer

    def _continuation(self, line: bytes) -> None:
        if self.pending_sync_command is not None and self.pending_sync_command.name == "AUTHENTICATE":
            # After our response a challenge tells the error; an empty line fetches the NO that belongs to it.
            self.transport.write((self._sasl.pop() if self._sasl else b"") + b"\r\n")
        else:
            super()._continuation(line)

    # -- what the parser keeps ----------------------------------------------------------------------------------------

    def forget_plain_text(self) -> None:
        """After STARTTLS: nothing said before it counts (RFC 3501 6.2.1)."""
        self.incomplete_line = b""
        self.current_command = None
        self.capabilities = set()

    async def examine(self, folder: str) -> Response:
        """EXAMINE; aioimaplib sends it and then does not know that a folder is open."""
        answer = await self.execute(Command("EXAMINE", self.new_tag(), folder, loop=self.loop))
        if answer.result == "OK":
            self.state = SELECTED
        return answer

    async def starttls(self) -> Response:
        """STARTTLS, which aioimaplib does not know; the TLS layer itself is the caller's."""
        return await self.execute(Command("STARTTLS", self.new_tag(), loop=self.loop))
