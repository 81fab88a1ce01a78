"""May we answer? The rules of security.md 2.2 that the mail alone decides: AR-01 to 09, 11, 12, 15, 21-23, 26, 27.

Each hit is one Evidence with its rule id. Which hits count is decided in classify.py by the class of the mail (R112).
"""

import re
from dataclasses import dataclass

from leadmaild.model.address import parse_address
from leadmaild.model.reading import Sender
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.dsn import has_null_path
from leadmaild.reading.message import Message
from leadmaild.reading.sender import address_defects, read_mailboxes

MOST_HOPS = 30
LOOP_FIELD = "x-leadmaild-loop"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing seen in the mail: the rule that names it, and what was seen."""

    rule: str
    why: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.why}"


_ROBOT = re.compile(
    r"""
    mailer-daemon|mail-daemon|postmaster|root|daemon|nobody|abuse|listserv|majordomo|mdaemon|mailer
    |.+-request|owner-.+|.+-owner|.+-bounces?|bounces?(?:[-+_.=\d].*)?|.+-errors|.+-confirm.*
    |(?:.+[-_.])?(?:no|not|donot|do-not|do_not)[-_.]?reply(?:[-_.+=\d].*)?
    |(?:.+[-_.])?nicht[-_.]?antworten|(?:.+[-_.])?keine[-_.]?antwort(?:en)?
    |notifications?|news(?:letter)?|msprvs1=.*|prvs=.*|srs[01][=+-].*|.+\+caf_=.*
    """,
    re.IGNORECASE | re.VERBOSE,
)

_LIST_FIELDS = (
    "mailing-list", "x-mailing-list", "x-beenthere", "x-mailman-version", "feedback-id", "x-csa-complaints",
)  # fmt: skip
_ROBOT_FIELDS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-autoreply-from", "x-mail-autoreply",
    "x-fc-machinegenerated", "x-cron-env", "x-post-messageclass", "autorespond", "x-loop",
)  # fmt: skip
_REPORTS = frozenset(["message/delivery-status", "message/disposition-notification", "message/feedback-report"])
_SUPPRESSING = re.compile(r"\b(?:all|oof|autoreply|dr|rn|nrn)\b", re.IGNORECASE)
_FLAGGED = re.compile(r"(?:yes|true|infected|found|positive|virus\b)", re.IGNORECASE)

# What stands before the words of an automatic subject: reply marks, gateway tags, a name and a colon.
_SUBJECT_LEAD = r"(?:.*[:|–\-\]]\s*)?\W*"
_AUTOMATIC_SUBJECT = re.compile(
    rf"(?:\W*auto\s?:|{_SUBJECT_LEAD}(?:auto(?:matic|mated)?[ -]?(?:reply|response)|out of (?:the )?office"
    r"|abwesen\w*|automatische (?:antwort|abwesenheit)\w*|réponse automatique|risposta automatica|automatisch antwoord"
    r"|afwezig\w*|undeliver\w*|delivery status|mail delivery failed|unzustellbar))",
    re.IGNORECASE | re.DOTALL,
)

_LONGEST_SUBJECT = 300

_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted")
_PGP = re.compile(r"-----BEGIN PGP MESSAGE-----.*?(?:-----END PGP MESSAGE-----|$)", re.DOTALL)


def is_robot_local_part(address: str) -> bool:
    """Whether the local part is one no person reads (AR-07)."""
    return _ROBOT.fullmatch(address.rpartition("@")[0].casefold()) is not None


def null_path(message: Message, context: ReadingContext) -> Evidence | None:
    """AR-01: the reverse-path is known to be null."""
    return Evidence("AR-01", "null reverse-path") if has_null_path(message, context) else None


def auto_submitted(message: Message) -> Evidence | None:
    """AR-02: Auto-Submitted says anything but `no` (RFC 3834 5); a value nobody knows is a robot's too."""
    for value in message.get_all("auto-submitted"):
        keyword = re.split(r"[;(]", value)[0].strip().casefold()
        if keyword != "no":
            return Evidence("AR-02", f"Auto-Submitted: {keyword[:40] or '(empty)'}")
    return None


def precedence(message: Message) -> Evidence | None:
    """AR-03: Precedence of bulk mail."""
    for value in message.get_all("precedence"):
        if value.strip().casefold() in ("bulk", "list", "junk", "auto_reply"):
            return Evidence("AR-03", f"Precedence: {value.strip().casefold()}")
    return None


def list_fields(message: Message) -> Evidence | None:
    """AR-04: header fields of lists and bulk senders (RFC 2369, RFC 2919)."""
    seen = [h.name for h in message.headers if h.name.startswith("list-") or h.name in _LIST_FIELDS]
    return Evidence("AR-04", ", ".join(dict.fromkeys(seen))) if seen else None


def suppression(message: Message) -> Evidence | None:
    """AR-05: X-Auto-Response-Suppress asks for silence, in any of its words."""
    value = message.get("x-auto-response-suppress") or ""
    return Evidence("AR-05", f"X-Auto-Response-Suppress: {value[:40]}") if _SUPPRESSING.search(value) else None


def robot_fields(message: Message) -> Evidence | None:
    """AR-06: header fields only robots write."""
    seen = [h.name for h in message.headers if h.name in _ROBOT_FIELDS]
    return Evidence("AR-06", ", ".join(dict.fromkeys(seen))) if seen else None


def robot_address(address: str | None) -> Evidence | None:
    """AR-07: of the From (class A) or the customer's address (class B), never of the reverse-path."""
    return Evidence("AR-07", "robot's local part") if address and is_robot_local_part(address) else None


def report(message: Message) -> Evidence | None:
    """AR-08: a report of any kind (RFC 6522)."""
    kinds = [message.content_type, *(p.content_type for p in message.parts)]
    found = next((k for k in kinds if k.startswith("multipart/report") or k in _REPORTS), None)
    return Evidence("AR-08", found) if found else None


def not_a_text(message: Message) -> Evidence | None:
    """AR-09: fragments, references to elsewhere, and calendar entries without a text."""
    kinds = [message.content_type, *(p.content_type for p in message.parts)]
    if found := next((k for k in kinds if k in ("message/partial", "message/external-body")), None):
        return Evidence("AR-09", found)
    has_text = any(p.content_type in ("text/plain", "text/html") and (p.text or "").strip() for p in message.parts)
    if "text/calendar" in kinds and not has_text:
        return Evidence("AR-09", "calendar entry only")
    return None


def foreign_loop_mark(message: Message) -> Evidence | None:
    """AR-11 in class A: a loop mark of any installation."""
    return Evidence("AR-11", "X-Leadmaild-Loop") if message.has(LOOP_FIELD) else None


def own_loop_mark(message: Message, context: ReadingContext) -> Evidence | None:
    """AR-11 in class B, and the loop itself: the mark of this installation. Without settings any mark counts."""
    marks = [value.strip() for value in message.get_all(LOOP_FIELD)]
    is_ours = bool(marks) and (not context.loop_mark or context.loop_mark in marks)
    return Evidence("AR-11", "our own X-Leadmaild-Loop") if is_ours else None


def too_many_hops(message: Message) -> Evidence | None:
    """AR-12: more Received fields than any honest way has."""
    hops = sum(1 for h in message.headers if h.name == "received")
    return Evidence("AR-12", f"{hops} Received fields") if hops > MOST_HOPS else None


def spam_marks(message: Message, context: ReadingContext) -> Evidence | None:
    """AR-15: what the spam and virus filters before us wrote, where they are ours to trust."""
    if not context.trusts_spam_marks:
        return None
    for field in message.headers:
        value = field.value.strip()
        if field.name in ("x-spam-flag", "x-spam-status", "x-spam") and value.casefold().startswith("yes"):
            return Evidence("AR-15", f"{field.name}: yes")
        if field.name.startswith("x-virus-") and field.name != "x-virus-scanned" and _FLAGGED.match(value):
            return Evidence("AR-15", f"{field.name}: {value[:20]}")
    return None


def unusable_sender(message: Message, sender: Sender) -> Evidence | None:
    """AR-21 in class A: not exactly one plain, deliverable From address."""
    lists = [read_mailboxes(h.raw) for h in message.headers if h.name == "from"]
    if any(found.is_group for found in lists):
        return Evidence("AR-21", "From in group syntax")
    if len({a.normal for found in lists for a in found.addresses}) > 1:
        return Evidence("AR-21", "more than one From address")
    return None if sender.email else Evidence("AR-21", "no valid From address")


def unusable_address(address: str | None) -> Evidence | None:
    """AR-21 in class B: the customer's address is none we can write to."""
    return None if address and parse_address(address) else Evidence("AR-21", "no valid address of the customer")


def ambiguous_sender(sender: Sender) -> Evidence | None:
    """AR-22: readers disagree who wrote the mail."""
    return Evidence("AR-22", "ambiguous sender") if sender.is_ambiguous else None


def automatic_subject(message: Message) -> Evidence | None:
    """AR-23: the subject looks automatic."""
    found = _AUTOMATIC_SUBJECT.match((message.get("subject") or "")[:_LONGEST_SUBJECT])
    return Evidence("AR-23", "automatic subject") if found else None


def unreliable(message: Message, *fields: str) -> Evidence | None:
    """AR-26: the reading is cut, or there are defects in these address fields."""
    if message.is_cut:
        return Evidence("AR-26", "the mail could not be read completely")
    defects = address_defects(message, *fields)
    return Evidence("AR-26", defects[0]) if defects else None


def unreadable(message: Message) -> Evidence | None:
    """AR-27: encrypted or signed, and nothing readable in it."""
    kinds = [message.content_type, *(p.content_type for p in message.parts)]
    texts = [p.text for p in message.parts if p.content_type in ("text/plain", "text/html") and not p.is_attachment]
    readable = any(_PGP.sub("", text or "").strip() for text in texts)
    is_sealed = any(k.startswith(_ENCRYPTED) for k in kinds) or any(
        (text or "").lstrip().startswith("-----BEGIN PGP MESSAGE-----") for text in texts
    )
    is_signed_only = message.content_type == "multipart/signed"
    if readable or not (is_sealed or is_signed_only):
        return None
    return Evidence("AR-27", "encrypted, nothing readable" if is_sealed else "signed, nothing readable")
