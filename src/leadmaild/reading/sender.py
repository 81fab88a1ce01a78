"""Who wrote the mail: our strict reader of From and Reply-To, on the bytes of the field (BI-35 to BI-39, AR-21, AR-22).

Only an address that stands where RFC 5322 3.4 puts it counts; an address inside a name, a comment or an encoded word
never does. Where mail-parser comes to another result, the sender is ambiguous: he joins nothing and is not answered.
"""

import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import lru_cache

import idna

from leadmaild.model.address import Address, parse_address
from leadmaild.model.reading import Sender
from leadmaild.reading.charset import clean_line
from leadmaild.reading.encoded_words import decode_words
from leadmaild.reading.message import Message

LONGEST_NAME = 120
MOST_MAILBOXES = 200
_LONGEST_READ = 64 * 1024
_ADDRESSEE_FIELDS = frozenset({"to", "cc", "resent-to", "resent-cc"})

_ADDRESS_IN_NAME = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
_ENCODED = re.compile(rb"=\?[^?\s]+\?[QqBb]\?")
_NO_UTF8 = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One entry of an address field: the display name in words, and the address if it is a good one."""

    name: str
    address: Address | None
    shows_address_unquoted: bool = False  # an @ outside quotes beside the address itself (BI-36)


@dataclass(frozen=True, slots=True)
class MailboxList:
    """An address field taken apart; `defects` says what is wrong with it (AR-26)."""

    mailboxes: tuple[Mailbox, ...] = ()
    is_group: bool = False
    defects: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The good addresses, in order."""
        return tuple(m.address for m in self.mailboxes if m.address)


def sender_of(message: Message) -> Sender:
    """Return the author by the From field; an empty Sender if there is none or more than one (BI-35)."""
    fields = [h.raw for h in message.headers if h.name == "from"]
    lists = [read_mailboxes(raw) for raw in fields]
    mailboxes = [m for found in lists for m in found.mailboxes]
    distinct = {m.address.normal for m in mailboxes if m.address}
    if not mailboxes:
        return Sender(is_ambiguous=bool(message.sender_by_parser))
    if len(distinct) > 1 or any(m.address is None for m in mailboxes) or any(found.is_group for found in lists):
        name = mailboxes[0].name if len(mailboxes) == 1 else None
        return Sender(None, name or None, is_ambiguous=len(distinct) > 1 or bool(distinct))
    sender = _sender(mailboxes[0])
    return replace(sender, is_ambiguous=sender.is_ambiguous or _parser_differs(message, distinct))


def reply_to_of(message: Message) -> str | None:
    """Return the one good address of Reply-To; None if it is absent or anything but exactly that (BI-53)."""
    fields = [h.raw for h in message.headers if h.name == "reply-to"]
    if len(fields) != 1:
        return None
    found = read_mailboxes(fields[0])
    if found.is_group or found.defects or len(found.mailboxes) != 1 or found.mailboxes[0].address is None:
        return None
    return str(found.mailboxes[0].address)


def addressees_of(message: Message) -> tuple[str, ...]:
    """Whom the mail names as its recipients, in normal form: To, Cc, Resent-To, Resent-Cc (AR-13)."""
    lists = (read_mailboxes(header.raw) for header in message.headers if header.name in _ADDRESSEE_FIELDS)
    return tuple(dict.fromkeys(address.normal for named in lists for address in named.addresses))


def address_defects(message: Message, *names: str) -> tuple[str, ...]:
    """What is wrong with these address fields (AR-26), such as ("From: control character",)."""
    return tuple(
        f"{h.name}: {defect}" for h in message.headers if h.name in names for defect in read_mailboxes(h.raw).defects
    )


def _parser_differs(message: Message, ours: set[str]) -> bool:
    """AR-22; a parser that sees nobody at all does not contradict."""
    theirs = {_comparable(text) for text in message.sender_by_parser}
    return bool(theirs) and theirs != ours


def _comparable(text: str) -> str:
    address = parse_address(text)
    return address.normal if address else text.casefold()


def _sender(mailbox: Mailbox) -> Sender:
    address = mailbox.address
    if address is None:
        return Sender()
    shown = [parse_address(found) for found in _ADDRESS_IN_NAME.findall(mailbox.name)]
    shows_other = any(other is None or other.normal != address.normal for other in shown) or (
        "@" in mailbox.name and not shown
    )
    return Sender(
        str(address),
        mailbox.name[:LONGEST_NAME] or None,
        is_ambiguous=shows_other and mailbox.shows_address_unquoted,
        name_shows_other_address=shows_other or mixes_scripts(address.domain),
    )


def mixes_scripts(domain: str) -> bool:
    """Whether a label of the domain (in A-labels) mixes alphabets, as lookalikes do (BI-39)."""
    for label in domain.split("."):
        if not label.startswith("xn--"):
            continue
        try:
            shown = idna.decode(label)
        except (idna.IDNAError, UnicodeError):
            return True
        scripts = {unicodedata.name(c, "?").split()[0] for c in shown if c.isalpha()}
        if len(scripts - {"CJK", "HIRAGANA", "KATAKANA", "HANGUL"}) > 1:
            return True
    return False


# ---- the field, byte by byte -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Item:
    """One entry in the making: words outside brackets (quoted ones apart), comments, and what stood in <>."""

    plain: list[str] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)  # both, in order, as they make the name
    comments: list[str] = field(default_factory=list)
    angles: list[str] = field(default_factory=list)
    after_angle: bool = False  # text after the brackets


@lru_cache(maxsize=16)  # From and Reply-To are asked for by every rule about the sender
def read_mailboxes(raw: bytes) -> MailboxList:
    """Take an address field (as written, folds and all) apart. Linear in its length; reads 64 kB and 200 entries."""
    text = raw[:_LONGEST_READ].decode("utf-8", "surrogateescape").replace("\n", "")
    defects: list[str] = []
    if not text.isascii() and _NO_UTF8.search(text):
        defects.append("8-bit text that is not UTF-8")
    items, is_group, problems = _scan(text)
    defects += problems
    if len(items) > MOST_MAILBOXES:
        defects.append("too many addresses")
    mailboxes = tuple(_mailbox(item, defects) for item in _with_split_names(items[:MOST_MAILBOXES]))
    return MailboxList(mailboxes, is_group, tuple(dict.fromkeys(defects)))


# One token: a quoted string, bracketed text, an encoded word (signs inside it are no structure), a sign of structure,
# or plain text up to the next of them. Possessive, so that no input makes it go back (RFC 5322 3.2.4, 3.4).
_TOKEN = re.compile(
    r"""
    "(?P<quoted>(?:[^"\\]|\\.)*+)(?P<quote_end>"|\\?$)
    | <(?P<bracketed>[^<>"]*+(?:"(?:[^"\\]|\\.)*+"[^<>"]*+)*+)(?P<bracket_end>>?)
    | =\?[^?\s]{1,64}\?[QqBb]\?[^?"<>]*+\?=
    | [(),:;>] | (?:[^"<>(),:;=]|=(?!\?))++ | =
    """,
    re.DOTALL | re.VERBOSE,
)


def _scan(text: str) -> tuple[list[_Item], bool, list[str]]:
    """Split at the commas that are structure; return the entries, whether group syntax was used, and problems."""
    items: list[_Item] = []
    item = _Item()
    problems: list[str] = []
    is_group = False
    position, last_semicolon = 0, text.rfind(";")
    while token := _TOKEN.match(text, position):
        position = token.end()
        first = token[0][0]
        if first == '"':
            _word(item, re.sub(r"\\(.)", r"\1", token["quoted"]), quoted=True)
            problems += [] if token["quote_end"] == '"' else ["quote without end"]
        elif first == "<":
            item.angles.append(token["bracketed"])
            problems += [] if token["bracket_end"] else ["bracket without end"]
        elif first == "(":
            comment, position = _comment(text, position)
            item.comments.append(comment)
        elif first in ",;":
            if _is_filled(item):
                items.append(item)
            item = _Item()
        elif first == ":" and position <= last_semicolon:
            is_group = True
            item = _Item()
        elif first in ")>:":
            problems.append("stray character")
            _word(item, ":" if first == ":" else "", quoted=False)
        else:
            _word(item, token[0], quoted=False)
    if _is_filled(item):
        items.append(item)
    return items, is_group, problems


def _word(item: _Item, word: str, *, quoted: bool) -> None:
    if quoted or word.strip():
        (item.quoted if quoted else item.plain).append(word)
        item.words.append(word)
        item.after_angle = item.after_angle or bool(item.angles)


def _is_filled(item: _Item) -> bool:
    return bool(item.words or item.angles)


def _comment(text: str, position: int) -> tuple[str, int]:
    """The comment that starts before `position`, nested ones included, and where it ends (RFC 5322 3.2.2)."""
    depth, start = 1, position
    while position < len(text) and depth:
        char = text[position]
        depth += (char == "(") - (char == ")")
        position += 2 if char == "\\" else 1
    return text[start : position - 1], position


def _with_split_names(items: list[_Item]) -> list[_Item]:
    """`Vogel, Katharina <k@...>` without quotes: an entry without any address belongs to the next one's name."""
    joined: list[_Item] = []
    held: list[str] = []
    for item in items:
        if not item.angles and "@" not in "".join(item.words) and item is not items[-1]:
            held.append("".join(item.words).strip() + ",")
            continue
        if held and item.angles:
            item.words = [f"{word} " for word in held] + item.words
        held = []
        joined.append(item)
    return joined


def _mailbox(item: _Item, defects: list[str]) -> Mailbox:
    if item.angles:
        written = item.angles[-1].strip()
        written = written.rpartition(":")[2] if written.startswith("@") else written  # source route (RFC 5322 4.4)
        name = _name(" ".join(item.words) if item.quoted else "".join(item.words), defects)
        if len(item.angles) > 1 or item.after_angle:
            defects.append("text after the address")
            return Mailbox(name, None)
        return Mailbox(name, _address(written, defects), any("@" in word for word in item.plain))
    written = "".join(item.plain).strip()
    if item.quoted:
        return Mailbox(_name(" ".join(item.words), defects), None)
    address = _address(written, defects)
    if address is None:
        return Mailbox(_name(written, defects), None)
    return Mailbox(_name(" ".join(item.comments), defects), address)


def _address(written: str, defects: list[str]) -> Address | None:
    """The address as written, if it is a good one of visible characters only (BI-32, AR-21)."""
    is_visible = clean_line(written) == unicodedata.normalize("NFC", written)
    address = parse_address(written) if is_visible else None
    if address is None:
        defects.append("no address")
    return address


def _name(text: str, defects: list[str]) -> str:
    """The display name in words: encoded words decoded, cleaned of what controls or turns text (BI-38)."""
    raw = text.encode("utf-8", "surrogateescape")
    decoded = decode_words(raw)
    if _CONTROLS.search(decoded):
        defects.append("control character")
    if _ENCODED.search(decoded.encode("utf-8", "surrogateescape")):
        defects.append("broken encoded word")
    return clean_line(decoded[: 8 * LONGEST_NAME]).strip("\"' ")
