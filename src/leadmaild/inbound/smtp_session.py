# ruff: noqa: N802 - aiosmtpd finds a verb by its method's name
"""The SMTP verbs: one mail transaction after another, each handed to the door (RFC 5321 section 3 and 4)."""

import re

from leadmaild.inbound.content import ContentCollector
from leadmaild.inbound.reception import Reception
from leadmaild.inbound.smtp_connection import SmtpConnection
from leadmaild.maillog import Event, log
from leadmaild.model.address import NULL_REVERSE_PATH, ReversePath
from leadmaild.model.envelope import Channel, Envelope
from leadmaild.model.reply import (
    BAD_ADDRESS,
    NO_RELAY,
    STORAGE_FULL,
    TOO_LARGE,
    TOO_MANY_RECIPIENTS,
    TRY_AGAIN,
    Reply,
)

OK = Reply(250, "2.0.0", "OK")
SENDER_OK = Reply(250, "2.1.0", "OK")
RECIPIENT_OK = Reply(250, "2.1.5", "OK")
BYE = Reply(221, "2.0.0", "Bye")
START_CONTENT = Reply(354, "", "End with <CRLF>.<CRLF>")
NOT_TOLD = Reply(252, "2.5.2", "Cannot VRFY user, but will take mail for whom we know")
NOT_IMPLEMENTED = Reply(502, "5.5.1", "Command not implemented")
BAD_SEQUENCE = Reply(503, "5.5.1", "Bad sequence of commands")
BAD_ARGUMENTS = Reply(501, "5.5.4", "Syntax error in parameters or arguments")
UNKNOWN_PARAMETER = Reply(555, "5.5.4", "Parameter not recognized or not implemented")
BAD_SENDER = Reply(553, "5.1.7", "Malformed reverse-path")
TOO_MANY_MESSAGES = Reply(421, "4.7.0", "Too many messages in this session, please connect again")

_PATH = r" *<((?:\"[^\"]*\"|[^<>\"\s])*)>(?: +(.*))?"
_REVERSE_PATH = re.compile("FROM:" + _PATH, re.IGNORECASE)
_FORWARD_PATH = re.compile("TO:" + _PATH, re.IGNORECASE)
# Source routes, percent and bang paths, quoted local parts, address literals: all relay tricks to us (BI-02).
_RELAY_TRICK = re.compile(r"^@|[%!\"\[\]:,;]|@.*@")
_LONGEST_SIZE = 15  # digits: the number itself may be of any length
_CHUNK = 256 * 1024


class SmtpSession(SmtpConnection):
    """The session of one peer."""

    def __init__(self, reception: Reception) -> None:
        super().__init__(reception)
        self._reverse_path: ReversePath | None = None  # None: no transaction has begun
        self._forward_paths: list[str] = []
        self._messages = 0

    def _set_rset_state(self) -> None:
        """Forget the mail transaction; aiosmtpd asks for it when the connection is made and after STARTTLS."""
        self._reverse_path = None
        self._forward_paths = []

    async def smtp_HELO(self, hostname: str) -> None:
        """HELO: 250 with our name."""
        await self._greet(hostname, [])

    async def smtp_EHLO(self, hostname: str) -> None:
        """EHLO: 250 with what we can; never AUTH, HELP or SMTPUTF8."""
        extensions = ["PIPELINING", f"SIZE {self._limits.max_message_size}", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if self.tls_context is not None and self._tls_protocol is None:
            extensions.append("STARTTLS")
        await self._greet(hostname, extensions)

    async def _greet(self, hostname: str, extensions: list[str]) -> None:
        if not hostname:
            await self._say(BAD_ARGUMENTS)
            return
        self._set_rset_state()
        self._helo = hostname
        *lines, last = [self.hostname, *extensions]
        await self.push("\r\n".join([*(f"250-{line}" for line in lines), f"250 {last}"]))

    async def smtp_NOOP(self, _argument: str) -> None:
        """NOOP: 250."""
        await self._say(OK)

    async def smtp_RSET(self, _argument: str) -> None:
        """RSET: 250; 421 once the session has had its mails, so that a relay which keeps connections learns it here."""
        if self._messages >= self._limits.max_messages_per_session:
            self._close_with(TOO_MANY_MESSAGES)
            return
        self._set_rset_state()
        await self._say(OK)

    async def smtp_QUIT(self, _argument: str) -> None:
        """QUIT: 221, closed."""
        self._close_with(BYE)

    async def smtp_VRFY(self, _argument: str) -> None:
        """VRFY: 252 whoever is asked for (RFC 5321 3.5.3)."""
        await self._say(NOT_TOLD)

    async def smtp_EXPN(self, _argument: str) -> None:
        """EXPN: not here."""
        await self._say(NOT_IMPLEMENTED)

    async def smtp_HELP(self, _argument: str) -> None:
        """HELP: not here."""
        await self._say(NOT_IMPLEMENTED)

    async def smtp_AUTH(self, _argument: str) -> None:
        """AUTH: nobody logs in here (BI-24)."""
        await self._say(NOT_IMPLEMENTED)

    async def smtp_STARTTLS(self, argument: str) -> None:
        """STARTTLS: aiosmtpd's upgrade, which drops what was sent ahead in clear text (SP-10)."""
        if self.tls_context is None:
            await self._say(NOT_IMPLEMENTED)
        elif argument or self._tls_protocol is not None:
            await self._say(BAD_ARGUMENTS if argument else BAD_SEQUENCE)
        else:
            await self._shake_hands()

    async def _shake_hands(self) -> None:
        plain = self._wire
        reason = ""
        try:
            await super().smtp_STARTTLS("")
        except Exception as error:  # noqa: BLE001 - garbage or an old version: the peer's failure, not ours (BI-23)
            reason = type(error.__cause__ or error).__name__
        if self._wire is plain:  # the TLS layer never came up; nor does it tell us when the connection is lost
            log(Event.SESSION_REJECTED, reason="TLS handshake failed", error=reason)
            self._is_over = True
            self.abort()
            self.connection_lost(None)

    async def smtp_MAIL(self, argument: str | None) -> None:
        """MAIL FROM:<reverse-path>: begins a mail transaction."""
        path = _REVERSE_PATH.fullmatch(argument or "")
        if not self._helo or self._reverse_path is not None:
            await self._say(BAD_SEQUENCE)
        elif self._messages >= self._limits.max_messages_per_session:
            self._close_with(TOO_MANY_MESSAGES)
        elif path is None:
            await self._say(BAD_ARGUMENTS)
        elif (refusal := self._refusal_of_parameters(path[2] or "")) is not None:
            await self._say(refusal)
        elif path[1] and (path[1].count("@") != 1 or path[1][0] == "@" or path[1][-1] == "@"):
            await self._say(BAD_SENDER)
        else:
            # `<>` becomes the null reverse-path here and nowhere else (BI-22)
            self._reverse_path = ReversePath(path[1]) if path[1] else NULL_REVERSE_PATH
            await self._say(SENDER_OK)

    def _refusal_of_parameters(self, text: str) -> Reply | None:
        parameters = self._getparams(text.upper().split())
        if parameters is None:
            return BAD_ARGUMENTS
        size = parameters.pop("SIZE", "0")
        body = parameters.pop("BODY", "7BIT")
        if parameters:
            return UNKNOWN_PARAMETER
        if not isinstance(size, str) or not size.isdecimal() or body not in ("7BIT", "8BITMIME"):
            return BAD_ARGUMENTS
        is_too_large = len(size) > _LONGEST_SIZE or int(size) > self._limits.max_message_size
        return TOO_LARGE if is_too_large else None

    async def smtp_RCPT(self, argument: str | None) -> None:
        """RCPT TO:<forward-path>: recipients of ours only (SP-05)."""
        path = _FORWARD_PATH.fullmatch(argument or "")
        if self._reverse_path is None:
            await self._say(BAD_SEQUENCE)
        elif path is None:
            await self._say(BAD_ARGUMENTS)
        elif path[2]:
            await self._say(UNKNOWN_PARAMETER)
        elif (refusal := self._refusal_of(path[1])) is not None:
            log(Event.MAIL_REFUSED, code=refusal.code, reason=refusal.text, channel=self._reception.channel)
            await self._say(refusal)
        else:
            if path[1] not in self._forward_paths:
                self._forward_paths.append(path[1])
            await self._say(RECIPIENT_OK)

    def _refusal_of(self, forward_path: str) -> Reply | None:
        if not forward_path:
            return BAD_ADDRESS
        if _RELAY_TRICK.search(forward_path):
            return NO_RELAY
        if len(self._forward_paths) >= self._limits.max_recipients:
            return TOO_MANY_RECIPIENTS
        return self._reception.door.refusal_for(forward_path)

    async def smtp_DATA(self, argument: str | None) -> None:
        """DATA: read the content in bulk, hand the mail to the door, and say what the door says."""
        if argument or not self._forward_paths:
            await self._say(BAD_ARGUMENTS if argument else BAD_SEQUENCE)
            return
        await self._say(START_CONTENT)
        content = await self._read_content()
        if content is None:
            return
        if isinstance(content, Reply):
            log(Event.MAIL_REFUSED, code=content.code, reason=content.text, channel=self._reception.channel)
            reply = content
        else:
            reply = await self._hand_over(content)
        replies = self._replies(reply, len(self._forward_paths))
        self._set_rset_state()
        await self._say(*replies)

    async def _read_content(self) -> bytes | Reply | None:
        """Return the content, why it is refused, or None if the session is over before the end of the content."""
        collector = ContentCollector(self._limits.max_message_size, self._limits.max_line_length)
        self._content_started_at = self._active_at = self.loop.time()
        self._content = collector
        try:
            while chunk := await self._reader.read(_CHUNK):
                self._active_at = self.loop.time()
                if collector.feed(chunk):
                    if collector.rest:  # commands sent ahead go back to where commands are read from
                        self._reader._buffer[:0] = collector.rest  # type: ignore[attr-defined]  # noqa: SLF001
                    return collector.take()
                if collector.held > self._limits.small_content and self._reception.is_overloaded:
                    collector.give_up(STORAGE_FULL)
                if collector.is_hopeless:
                    self._close_with(collector.fault or TOO_LARGE)
                    return None
        finally:
            self._content = None
        self._is_over = True  # the stream ended in mid-content: there is no mail (BI-18)
        return None

    async def _hand_over(self, content: bytes) -> Reply:
        envelope = Envelope(
            channel=self._reception.channel,
            reverse_path=self._reverse_path,
            forward_paths=tuple(self._forward_paths),
            received_at=self._reception.clock.now(),
            peer=self._peer,
            helo=self._helo,
            is_trusted_client=self._is_trusted or self._reception.channel is Channel.LMTP,
        )
        self._messages += 1
        self._is_accepting = True
        self._handed_over = len(content)
        try:
            return await self._reception.accept(self._reception.door.accept(envelope, content))
        except Exception:  # noqa: BLE001 - logged by Reception; no failure of ours is a permanent one
            return TRY_AGAIN
        finally:
            self._is_accepting = False
            self._handed_over = 0
            self._active_at = self.loop.time()

    def _replies(self, reply: Reply, _recipients: int) -> tuple[Reply, ...]:
        """The replies to the end of content: one in SMTP, whatever the number of recipients."""
        return (reply,)
