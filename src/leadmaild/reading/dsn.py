"""Bounces: what became of a mail of ours, out of every shape mail servers give the news (BI-57, RFC 3464, RFC 5965).

A proper report is read from its fields; everything else (Exim, Exchange, qmail, Sendmail, old Gmail) from its words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from leadmaild.model.address import parse_address
from leadmaild.model.reading import DeliveryStatus, Sender
from leadmaild.reading.charset import clean_line
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.header_fields import read_field, split
from leadmaild.reading.message import HeaderField, Message
from leadmaild.reading.text import documents

_LONGEST_READ = 60_000

_SUBJECT = re.compile(
    r"""\W*(?:
    undeliver(?:able|ed)|unzustellbar|nicht\szustellbar|delivery\sstatus\snotification
    |delivery\s(?:failure|failed|delayed|notification|report)|mail\s(?:delivery\sfailed|system\serror)|returned\smail
    |failure\snotice|mail\scould\snot\sbe|warning:\s(?:could\snot|message\s.{1,60}\sdelayed)
    |message\s(?:delayed|undeliverable)|zustellung\s.{0,40}(?:fehlgeschlagen|verzögert|nicht\smöglich)
    |benachrichtigung\s.{0,20}zustellstatus|rückläufer|non\sremis|non\sdistribuable
    |échec\sde\s(?:la\s)?(?:remise|distribution)|mancata\sconsegna|impossibile\srecapitare
    |onbestelbaar|kan\sniet\sworden\sbezorgd
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_WORDS = re.compile(
    r"""
    this\sis\sthe\s(?:mail\ssystem\sat\shost|(?:qmail-send|postfix)\sprogram|mail\sdelivery\s(?:agent|system))
    |created\sautomatically\sby\smail\sdelivery\ssoftware|could(?:\snot|n't)\sbe\sdelivered
    |(?:delivery\sto|was\sunable\sto\sdeliver).{0,60}(?:failed|recipient|address)|unable\sto\sdeliver
    |delivery\shas\sfailed\sto\sthese|did\snot\sreach\s(?:some\sor\sall|the\sfollowing)
    |following\saddresses\shad\s(?:permanent|transient)|transcript\sof\ssession|message\slog\sfollows
    |delivery\s(?:to\sthe\sfollowing\srecipients?\s)?(?:failed|has\sbeen\sdelayed|incomplete)
    |konnten?\b.{0,80}nicht\s(?:zugestellt|übermittelt)\swerden|zustellung\s.{0,60}fehlgeschlagen
    |fehler\sbei\sder\snachrichtenzustellung|n'a\spas\spu\sêtre\s(?:remis|distribué)
    |non\sè\sstato\spossibile\s(?:recapitare|consegnare)|kan\sniet\sworden\sbezorgd
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_DELAY = re.compile(
    r"delay|temporar|warning: (?:could not|message)|will (?:continue|keep) try|still trying|not (?:yet )?been delivered"
    r"|verzögert|noch nicht zugestellt|vorübergehend|en attente|ritard|vertraagd",
    re.IGNORECASE,
)
_FINAL = re.compile(
    r"permanent|fatal|giving up|failed|nicht zugestellt|no longer|user unknown|address not found|do not resend",
    re.IGNORECASE,
)

_ROBOT_NAMES = ("mailer-daemon", "mail-daemon", "mailerdaemon")
_HALF_ROBOTS = ("postmaster", "mdaemon", "microsoftexchange", "mail-delivery", "maildelivery", "no-reply-bounce")

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-]#?\D)")
_ADDRESS = re.compile(r"(?<![\w.+-])<?([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+)>?")
_MESSAGE_ID = re.compile(r"^[ \t>|]{0,40}message-id:\s{0,9}(<[^<>\s]{3,250}>)", re.IGNORECASE | re.MULTILINE)
_COPY = re.compile(
    r"^[- \t|]{0,80}(?:this is a copy of (?:the|your) message|below this line is a copy|original message(?: headers)?"
    r"|returned message|message header follows"
    r"|(?:the )?headers? of (?:the|your)(?: original)? message"
    r"|ursprüngliche nachrichtenkopfzeilen|undelivered message)\b.*$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A recognised bounce: by what it was recognised, what it says, and our mail it gives back (headers at least)."""

    evidence: str
    status: DeliveryStatus
    original: Message | None


def bounce_of(message: Message, sender: Sender, context: ReadingContext) -> Bounce | None:
    """Return what this bounce or feedback report says, or None if the mail is neither."""
    evidence = _evidence(message, sender, context)
    if not evidence:
        return None
    text = _text(message)
    original = _original(message, text)
    status = _status(message, text, original)
    if original is None and status.original_message_id:  # its number is known, if nothing else of it
        original = Message((HeaderField("message-id", status.original_message_id),))
    return Bounce(evidence, status, original)


def has_null_path(message: Message, context: ReadingContext) -> bool:
    """Whether the reverse-path is known to be null: by the envelope, else by Return-Path (AR-01)."""
    if context.reverse_path is not None:
        return context.reverse_path.is_null
    return (message.get("return-path") or "").replace(" ", "") == "<>"


def _evidence(message: Message, sender: Sender, context: ReadingContext) -> str:
    kinds = {part.content_type for part in message.parts} | {message.content_type}
    if "message/delivery-status" in kinds or "report-type=delivery-status" in message.content_type:
        return "delivery report (RFC 3464)"
    if "message/feedback-report" in kinds or "report-type=feedback-report" in message.content_type:
        return "feedback report (RFC 5965)"
    if message.has("x-failed-recipients"):
        return "X-Failed-Recipients"
    local = (sender.email or "").partition("@")[0].casefold() or (message.get("from") or "").casefold()
    if local.startswith(_ROBOT_NAMES) or (sender.email is None and "mailer-daemon" in local):
        return "from a mail server"
    has_subject = _SUBJECT.match(message.get("subject") or "") is not None
    is_null = has_null_path(message, context)
    is_suspect = is_null or local.startswith(_HALF_ROBOTS)
    if not is_suspect and not has_subject:
        return ""  # most mail: its text need not be looked at
    has_words = _WORDS.search(_text(message)[:4_000]) is not None
    if is_suspect and (has_subject or has_words):
        return "null reverse-path and the words of a bounce" if is_null else "from a mail server, the words of a bounce"
    return "subject and words of a bounce" if has_subject and has_words else ""


def _text(message: Message) -> str:
    readable = documents(message)
    reports = [p.text for p in message.parts if p.text and p.content_type.startswith("message/")]
    return "\n".join([*(d.plain for d in readable[:1]), *reports])[:_LONGEST_READ]


# ---- what it says ----------------------------------------------------------------------------------------------


def _status(message: Message, text: str, original: Message | None) -> DeliveryStatus:
    message_id = _original_id(message, text, original)
    reports = list(_recipients(message))
    if "feedback" in message.content_type or any(p.content_type == "message/feedback-report" for p in message.parts):
        fields = _fields_of(message, "message/feedback-report")
        recipient = _address(fields.get("original-rcpt-to") or fields.get("removal-recipient") or "")
        is_complaint = fields.get("feedback-type", "abuse").lower() in ("abuse", "fraud", "opt-out", "opt-out-list")
        return DeliveryStatus(recipient or _to(original), "complaint", None, is_complaint, message_id)
    if reports:
        worst = next((r for r in reports if r.get("action", "").lower().startswith("failed")), reports[0])
        recipient = _address(worst.get("final-recipient") or worst.get("original-recipient") or "")
        action = (worst.get("action", "").split() or [""])[0].lower().strip(";,.") or None
        status = _STATUS.search(worst.get("status", "")) or _STATUS.search(worst.get("diagnostic-code", ""))
        return _verdict(recipient, action, status[1] if status else None, message_id)
    return _by_words(message, text, original, message_id)


def _verdict(recipient: str | None, action: str | None, status: str | None, message_id: str | None) -> DeliveryStatus:
    """Permanent is what RFC 3463 class 5 says; without a status, a failure is permanent."""
    if action is None and status:
        action = {"2": "delivered", "4": "delayed", "5": "failed"}[status[0]]
    permanent = action == "failed" and (status is None or status.startswith("5"))
    return DeliveryStatus(recipient, action, status, permanent, message_id)


def _recipients(message: Message) -> Iterator[dict[str, str]]:
    """The per-recipient fields of a delivery status; a new Final-Recipient begins a new one, blank line or not."""
    for part in message.parts:
        if part.content_type != "message/delivery-status" and "final-recipient:" not in (part.text or "").lower():
            continue
        fields: dict[str, str] = {}
        for line in (part.text or "").split("\n"):
            name, colon, value = line.partition(":")
            name = name.strip().lower()
            if not colon:
                continue
            if name == "final-recipient" and "final-recipient" in fields:
                yield fields
                fields = {}
            fields.setdefault(name, clean_line(value))
        if "final-recipient" in fields or "action" in fields:
            yield fields


def _fields_of(message: Message, content_type: str) -> dict[str, str]:
    """The fields of a machine-readable part, wherever the parser put them."""
    for part in message.parts:
        if part.content_type == content_type:
            block = split((part.text or "").encode() or part.payload)
            return {f.name: f.value for f in map(read_field, block.fields)}
    for nested in message.nested:
        if nested.has("feedback-type"):
            return {h.name: h.value for h in nested.headers}
    return {}


def _by_words(message: Message, text: str, original: Message | None, message_id: str | None) -> DeliveryStatus:
    """Read recipient, status and action from a text meant for people."""
    copy = _COPY.search(text)
    report = text[: copy.start()] if copy else text[:8_000]
    failed = _address(message.get("x-failed-recipients") or "")
    recipient = failed or _named_recipient(message, report) or _to(original)
    status = _STATUS.search(report)
    code = _REPLY_CODE.search(report)
    about = f"{message.get('subject') or ''}\n{report}"
    is_delayed = _DELAY.search(about) is not None and _FINAL.search(about) is None
    if status is None and code is None:
        return _verdict(recipient, "delayed" if is_delayed else "failed", None, message_id)
    found = status[1] if status else f"{code[1][0]}.0.0" if code else None
    is_delayed = is_delayed or (found is not None and found.startswith("4") and _FINAL.search(about) is None)
    return _verdict(recipient, "delayed" if is_delayed else "failed", found, message_id)


def _named_recipient(message: Message, report: str) -> str | None:
    """The first address the report names that is neither the sender of the report nor the one it was sent to."""
    own = {_address(message.get(name) or "") for name in ("from", "to", "delivered-to")}
    for found in _ADDRESS.finditer(report):
        address = _address(found[1])
        if address and address not in own and not address.startswith((*_ROBOT_NAMES, "postmaster@")):
            return address
    return None


def _address(text: str) -> str | None:
    """The address in a value such as `rfc822; <a@b.example>`."""
    found = _ADDRESS.search(text.rpartition(";")[2])
    address = parse_address(found[1]) if found else None
    return str(address) if address else None


def _to(original: Message | None) -> str | None:
    return _address(original.get("to") or "") if original else None


# ---- our mail it gives back ------------------------------------------------------------------------------------


def _original(message: Message, text: str) -> Message | None:
    """The mail that came back: enclosed, as bare header fields, or copied below the words of the report."""
    for nested in message.nested:
        if nested.has("message-id", "subject", "from"):
            return nested
    for part in message.parts:
        if part.content_type in ("text/rfc822-headers", "message/rfc822-headers") and part.text:
            return Message(_header_lines(part.text))
    copy = _COPY.search(text)
    if copy:
        headers = _header_lines(text[copy.end() :].lstrip("\n -|"))
        return Message(headers) if any(h.name in ("message-id", "subject") for h in headers) else None
    return None


def _header_lines(text: str) -> tuple[HeaderField, ...]:
    return tuple(map(read_field, split(text.lstrip().encode("utf-8", "replace")).fields))


def _original_id(message: Message, text: str, original: Message | None) -> str | None:
    """The Message-ID of our mail: from what came back, else from the text, else from the thread fields."""
    if original and (found := re.search(r"<[^<>\s]{3,250}>", original.get("message-id") or "")):
        return found[0]
    for candidate in (*_MESSAGE_ID.findall(text), message.get("in-reply-to") or "", message.get("references") or ""):
        found = re.search(r"<[^<>\s]{3,250}>", candidate)
        if found and found[0] != message.get("message-id"):
            return found[0]
    return None
