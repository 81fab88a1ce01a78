"""Mail "leaves" into a folder, one .eml a mail: for trying out, and for whatever collects files."""

import asyncio
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path

from leadmaild.model.outgoing import Delivery, OutgoingMail, RecipientResult, SendResult
from leadmaild.outbound.replies import printable
from leadmaild.outbound.wire import CheckedEnvelope, check_envelope, with_crlf
from leadmaild.ports import Clock

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_ID_IN_NAME = 60


class FileTransport:
    """Writes each mail to `folder`, made at the first mail. Names sort by the time of sending.

    The envelope stands in X-Envelope-From and X-Envelope-To above the mail's own header, so that the file shows who
    would have got it and still opens in any mail program.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def send(self, mail: OutgoingMail) -> SendResult:
        """Write `mail` and return the result for each recipient; a folder that cannot be written to defers it."""
        envelope = check_envelope(mail)
        results = {refused.recipient: refused for refused in envelope.refused}
        if envelope.recipients:
            delivery, reply = await self._deliver(mail, envelope)
            results |= {r: RecipientResult(r, delivery, reply) for r in envelope.recipients}
        return SendResult(tuple(results[recipient] for recipient in mail.recipients))

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def _deliver(self, mail: OutgoingMail, envelope: CheckedEnvelope) -> tuple[Delivery, str]:
        name = file_name(self._clock.now(), mail.message_id)
        content = _with_envelope(envelope, mail.raw)
        try:
            written = await asyncio.to_thread(_write_whole, self._folder, name, content)
        except OSError as exc:
            return Delivery.DEFERRED, printable(f"451 4.3.0 cannot write to {self._folder}: {exc.strerror}")
        return Delivery.DELIVERED, f"250 2.0.0 {written.name}"


def file_name(sent_at: datetime, message_id: str) -> str:
    """Return the stem of the file: UTC time to the microsecond, and what of the Message-ID is safe in a name."""
    safe_id = _NOT_IN_A_NAME.sub("-", message_id.strip("<>").partition("@")[0]).strip("-")[:_LONGEST_ID_IN_NAME]
    return f"{sent_at:%Y%m%dT%H%M%S.%fZ}-{safe_id or 'mail'}"


def _with_envelope(envelope: CheckedEnvelope, raw: bytes) -> bytes:
    lines = [f"X-Envelope-From: <{envelope.reverse_path}>"]
    lines += [f"X-Envelope-To: <{address}>" for address in dict.fromkeys(envelope.recipients.values())]
    return "".join(f"{line}\r\n" for line in lines).encode() + with_crlf(raw)


def _write_whole(folder: Path, stem: str, content: bytes) -> Path:
    """Write a new file in `folder` so that nobody ever sees half of it, and it is on disk when we say so."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".tmp-")  # mode 0600: mail is personal
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return _linked_as_new(unfinished, folder, stem)
    finally:
        unfinished.unlink()


def _linked_as_new(unfinished: Path, folder: Path, stem: str) -> Path:
    """Give the file its name; a name that is taken (same mail, same microsecond) gets a number."""
    number = 1
    while True:
        path = folder / (f"{stem}.eml" if number == 1 else f"{stem}-{number}.eml")
        try:
            path.hardlink_to(unfinished)  # unlike a rename, never replaces a file
        except FileExistsError:
            number += 1
        else:
            return path
