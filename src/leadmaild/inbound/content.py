"""The content of one mail transaction, collected in bulk from the stream (RFC 5321 4.1.1.4, 4.5.2).

aiosmtpd reads line by line, which costs more than everything else we do with a mail; here a chunk is as large as the
network delivers it, and every check of the line-wise reader is kept: only CRLF.CRLF ends the content, leading dots are
taken off, no bare CR or LF passes (SMTP smuggling, SP-09), no line and no mail is larger than allowed.
"""

from leadmaild.model.reply import TOO_LARGE, Reply

BARE_NEWLINE = Reply(550, "5.5.2", "Bare CR or LF in the message: lines must end with CRLF")
LINE_TOO_LONG = Reply(500, "5.5.2", "Line too long")

END_OF_CONTENT = b"\r\n.\r\n"
_CARRY = len(END_OF_CONTENT) - 1  # so much of a chunk may be the beginning of the end
# A line that has grown to this is no mail; reading on to find its end would only help the attacker (BI-10).
_HOPELESS_LINE = 1024**2


class ContentCollector:
    """Collects chunks until the end of the content.

    After a fault (`fault` set) it goes on looking for the end, keeping nothing, so that the reply comes where the peer
    expects it; `is_hopeless` says that waiting for the end is not worth it: the connection should be closed.
    """

    def __init__(self, max_size: int, max_line: int) -> None:
        """`max_size` and `max_line` are octets; a line counts with its CRLF."""
        self._max_size = max_size
        self._max_line = max_line
        self._kept = bytearray()
        self._line_start = 0  # where in `_kept` the first line not yet checked begins
        self._run = 0  # octets since the last LF, counted after a fault
        self.octets = 0
        self.fault: Reply | None = None
        self.rest = b""  # what came after the end: the peer's next commands

    @property
    def is_hopeless(self) -> bool:
        """Whether twice the size limit (BI-12) or an absurd line has come without an end in sight."""
        return self.octets > 2 * self._max_size or self._run > _HOPELESS_LINE

    @property
    def held(self) -> int:
        """Octets kept in memory."""
        return len(self._kept)

    def give_up(self, reason: Reply) -> None:
        """Keep nothing of this content any more and refuse it at its end."""
        self.fault = self.fault or reason
        self._forget(b"")

    def feed(self, chunk: bytes) -> bool:
        """Take the next chunk and return whether the content has ended."""
        kept = self._kept
        self.octets += len(chunk)
        searched = max(0, len(kept) - _CARRY)
        kept += chunk
        if self.fault is None and kept.startswith(b".\r\n"):  # empty content: no line stands before the dot
            end, after = 0, 3
        elif (found := kept.find(END_OF_CONTENT, searched)) >= 0:
            end, after = found + 2, found + len(END_OF_CONTENT)
        else:
            self._check(len(kept) - _CARRY)
            if self.fault is not None:
                self._forget(chunk)
            return False
        self.rest = bytes(memoryview(kept)[after:])
        self._check(end)
        del kept[end:]
        return True

    def _check(self, size: int) -> None:
        """Look for a fault in the first `size` octets, of which more may follow."""
        if self.fault is not None:
            return
        if size > self._max_size:
            self.fault = TOO_LARGE
            return
        # From the start of a line its end must lie within one line length; then go to the last line start in reach.
        while size - self._line_start > self._max_line:
            newline = self._kept.rfind(b"\n", self._line_start, self._line_start + self._max_line)
            if newline < 0:
                self.fault = LINE_TOO_LONG
                return
            self._line_start = newline + 1

    def _forget(self, chunk: bytes) -> None:
        del self._kept[: max(0, len(self._kept) - _CARRY)]
        newline = chunk.rfind(b"\n")
        self._run = len(chunk) - newline - 1 if newline >= 0 else self._run + len(chunk)

    def take(self) -> bytes | Reply:
        """Return the content with the dots taken off (RFC 5321 4.5.2), or the reply that says what is wrong with it.

        To be called once, after the end has come.
        """
        if self.fault is not None:
            return self.fault
        content = bytes(self._kept)
        self._kept = bytearray()
        pairs = content.count(b"\r\n")
        if content.count(b"\n") != pairs or content.count(b"\r") != pairs:
            return BARE_NEWLINE
        content = content.replace(b"\r\n.", b"\r\n")
        return content[1:] if content.startswith(b".") else content
