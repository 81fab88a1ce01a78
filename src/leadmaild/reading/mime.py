"""Bytes of a mail in, a Message out. Total: any byte string has a Message, and none takes long (SP-12, SP-13).

The header is read by our own strict reader; mail-parser parses the body's structure, and only sees the fields that
decide structure and sender; the tree it built is walked here. What exceeds the limits, or breaks the parser, goes to
the fallback reader and is marked as cut.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import Message as Tree
from typing import Any

import mailparser

from leadmaild.reading import header_fields
from leadmaild.reading.charset import clean, decode
from leadmaild.reading.encoded_words import parameters
from leadmaild.reading.fallback import by_bytes
from leadmaild.reading.filenames import safe_filename
from leadmaild.reading.header_fields import DECIDES_STRUCTURE, read_field, with_plain_line_ends
from leadmaild.reading.limits import LONGEST_MAIL, LONGEST_PAYLOAD, LONGEST_TEXT, too_complex, without_ballast
from leadmaild.reading.message import Message, Part
from leadmaild.reading.set_aside import Contents
from leadmaild.reading.transfer import decode_transfer

# Mails inside mails are opened this deep (security.md 2.3).
DEEPEST_NESTED = 3

_LONGEST_FOR_PARSER = 16 * 1024
_MIME_NOTICE = re.compile(
    rb"mime[- ](?!version)|formato? mime|multi-?part (?:message|mime)|mehrteilig|preamble|epilogue", re.IGNORECASE
)


class _Parser(mailparser.MailParser):  # type: ignore[misc]  # the library has no types
    """mail-parser as far as its tree and its reading of address fields.

    Its pass through the parts is left out: it decodes every body once more, and the tree is walked here.
    """

    def parse(self) -> "_Parser":
        """Read the header only; called by the library when the tree stands."""
        self._reset()
        return self


def parse(raw: bytes) -> Message:
    """Return the Message of these bytes; never raises. `repairs` says what was mended, `is_cut` that text may miss."""
    mail = without_ballast(with_plain_line_ends(raw))
    block = header_fields.split(mail[:LONGEST_MAIL])
    found = _Found(repairs=dict.fromkeys(block.repairs), is_cut=block.is_cut or len(mail) > LONGEST_MAIL)
    excess = too_complex(b"\n".join((*block.fields, b"", block.body)))
    if not excess:
        try:
            return _by_parser(block, found)
        except Exception as error:  # noqa: BLE001 - whatever a library does with hostile bytes, the mail is still read
            excess = f"parser failed: {type(error).__name__}"
    return by_bytes(block, excess)


@dataclass(slots=True)
class _Found:
    """What the walk through one mail collects."""

    parts: list[Part] = field(default_factory=list)
    nested: list[Message] = field(default_factory=list)
    repairs: dict[str, None] = field(default_factory=dict)
    is_cut: bool = False
    contents: Contents = field(default_factory=Contents)

    def note(self, repair: str, path: str = "") -> None:
        if repair:
            self.repairs[f"{repair} ({path})" if path else repair] = None


def _by_parser(block: header_fields.Block, found: _Found) -> Message:
    chosen = [f[:_LONGEST_FOR_PARSER] for f in block.fields if DECIDES_STRUCTURE.match(f)]
    tree, senders = _tree(b"\n".join((*chosen, b"", block.body)), found)
    message = _message(tree, block.fields, found, level=0)
    return replace(message, sender_by_parser=senders)


def _tree(mail: bytes, found: _Found) -> tuple[Tree, tuple[str, ...]]:
    """The structure as mail-parser sees it, and the addresses it sees in From.

    mail-parser 4.8 fails on a multipart whose end is missing in one way or another; the tree beneath it does not, so
    that is taken then, and From is compared with nothing. Raises RecursionError for what the limits let through.
    """
    structure = found.contents.set_aside_from(mail)
    try:
        parsed = _Parser.from_bytes(structure)
    except (AttributeError, TypeError, ValueError, LookupError) as error:
        found.note(f"mail-parser failed: {type(error).__name__}")
        return message_from_bytes(structure), ()
    return parsed.message, tuple(str(address) for _, address in parsed.from_ or ())


def _message(tree: Tree, fields: Iterable[bytes], found: _Found, level: int) -> Message:
    headers = tuple(read_field(f) for f in fields)
    kind = _walk(tree, found, path="", level=level)
    return Message(headers, tuple(found.parts), tuple(found.nested), kind, tuple(found.repairs), found.is_cut)


def _walk(node: Tree, found: _Found, path: str, level: int, alternative: str = "", guessed: bool = False) -> str:
    """Collect the leaves below `node`; return its content type, with the report-type of a multipart/report."""
    own = _content_fields(node)
    kind, params = parameters(own.get("content-type", b""))
    kind = kind if re.fullmatch(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", kind) else _default_kind(kind, node)
    below: Any = node.get_payload() if node.is_multipart() else None
    if kind.startswith("message/") and below is not None and kind != "message/delivery-status":
        _enclosed(below, own, kind, params, found, path or "1", level)
    elif kind == "message/delivery-status" and below is not None:
        text = "\n\n".join(_as_text(status, found) for status in below)
        found.parts.append(Part(kind, path or "1", clean(text), text.encode("utf-8", "replace")))
    elif below is not None:
        inside = path or "1"
        alternative = inside if kind == "multipart/alternative" else alternative
        _aside(node.preamble, inside, found)
        for number, child in enumerate(below, 1):
            _walk(child, found, f"{path}.{number}" if path else str(number), level, alternative)
        _aside(node.epilogue, inside, found)
    elif (
        kind.startswith("multipart/")
        and not guessed
        and (mended := _with_guessed_boundary(node, kind, found)) is not None
    ):
        found.note("boundary guessed", path)
        _walk(mended, found, path, level, alternative, guessed=True)
    else:
        _leaf(node, own, kind, params, found, path or "1", level, alternative)
    report = params.get("report-type", "").lower()
    return f"{kind}; report-type={report}" if kind == "multipart/report" and report else kind


def _aside(text: str | None, path: str, found: _Found) -> None:
    """Keep words beside the parts (RFC 2046 5.1.1 calls them preamble and epilogue): a text whose writer forgot the
    first boundary, the footer a list hung on. The notice for programs without MIME says nothing."""
    raw = found.contents.put_back((text or "").encode("utf-8", "surrogateescape")).strip()
    if raw and not _MIME_NOTICE.search(raw) and len(raw.split()) > 1:
        found.parts.append(Part("text/plain", path, clean(decode(raw, "")[0])[:LONGEST_TEXT], raw[:LONGEST_PAYLOAD]))


def _content_fields(node: Tree) -> dict[str, bytes]:
    """The first Content-* field of each name, as bytes."""
    own: dict[str, bytes] = {}
    for name, value in node.raw_items():
        lowered = name.lower().strip()
        if lowered.startswith("content-"):
            own.setdefault(lowered, str(value).encode("utf-8", "surrogateescape"))
    return own


def _default_kind(kind: str, node: Tree) -> str:
    if not kind:
        return node.get_default_type()
    # "text", "html" and the like of hand-made mail: text stays text.
    return "text/html" if kind in ("html", "text/") and "html" in kind else "text/plain"


def _enclosed(
    below: list[Tree], own: dict[str, bytes], kind: str, params: dict[str, str], found: _Found, path: str, level: int
) -> None:
    """Take up a mail inside the mail, or note that it lies too deep."""
    encoding = own.get("content-transfer-encoding", b"").decode("ascii", "replace").strip().lower()
    inner = below[0] if below else None
    if inner is None or level >= DEEPEST_NESTED:
        found.parts.append(Part(kind, path, filename=_filename(own, params), is_attachment=True))
        found.is_cut = found.is_cut or inner is not None
        return
    is_encoded = (encoding == "base64" and not inner.keys()) or encoding == "quoted-printable"
    if is_encoded and not inner.is_multipart():
        # RFC 2046 5.2.1 forbids it, Exchange and others do it: the whole inner mail is encoded.
        fields = [_as_field(name, value) for name, value in inner.raw_items()]
        payload, repair = decode_transfer(
            b"\n".join((*fields, b"", _raw_payload(inner, found))).lstrip(b"\n"), encoding
        )
        found.note(repair or "encoded message/rfc822 opened", path)
        message = _nested_from_bytes(payload, level)
    else:
        collected = _Found(contents=found.contents)
        message = _message(inner, (_as_field(name, value) for name, value in inner.raw_items()), collected, level + 1)
    found.nested.append(message)
    if kind not in ("message/rfc822", "message/global"):  # partial, external-body: what matters is that they are there
        found.parts.append(Part(kind, path, is_attachment=True))


def _nested_from_bytes(payload: bytes, level: int) -> Message:
    block = header_fields.split(with_plain_line_ends(payload))
    if too_complex(block.body):
        return by_bytes(block, "parts or depth")
    found = _Found(repairs=dict.fromkeys(block.repairs), is_cut=block.is_cut)
    tree, _ = _tree(b"\n".join((*block.fields, b"", block.body)), found)
    return _message(tree, block.fields, found, level + 1)


def _as_field(name: str, value: object) -> bytes:
    return f"{name}: {value}".encode("utf-8", "surrogateescape")[: header_fields.LONGEST_FIELD]


def _as_text(node: Tree, found: _Found) -> str:
    """A block of a delivery status as it stood: its fields, then whatever followed them."""
    fields = (read_field(_as_field(name, value)) for name, value in node.raw_items())
    lines = "\n".join(f"{f.name}: {f.value}" for f in fields)
    rest = "" if node.is_multipart() else decode(_raw_payload(node, found), "")[0].strip()
    return f"{lines}\n\n{rest}" if rest and lines else lines or rest


def _raw_payload(node: Tree, found: _Found) -> bytes:
    """The bytes of a leaf as they stood in the mail: without its encoding field the library leaves them alone."""
    del node["content-transfer-encoding"]
    payload = node.get_payload(decode=True)
    return found.contents.put_back(payload) if isinstance(payload, bytes) else b""


def _with_guessed_boundary(node: Tree, kind: str, found: _Found) -> Tree | None:
    """Parse a multipart without (the right) boundary again by the delimiter its body shows (BI-29)."""
    payload = _raw_payload(node, found)
    delimiter = re.search(rb"^--([^\n]{1,2000})\ncontent-[a-z-]+:", payload, re.IGNORECASE | re.MULTILINE)
    if delimiter is None or b'"' in delimiter[1] or not delimiter[1].strip():
        return None
    head = b"Content-Type: " + kind.encode("ascii", "replace") + b'; boundary="' + delimiter[1].rstrip() + b'"\n\n'
    tree, _ = _tree(head + payload, found)
    return tree if tree.is_multipart() else None


def _leaf(
    node: Tree,
    own: dict[str, bytes],
    kind: str,
    params: dict[str, str],
    found: _Found,
    path: str,
    level: int,
    alternative: str,
) -> None:
    encoding = own.get("content-transfer-encoding", b"").decode("ascii", "replace")
    payload, repair = decode_transfer(_raw_payload(node, found), encoding)
    found.note(repair, path)
    disposition, _ = parameters(own.get("content-disposition", b""))
    filename = _filename(own, params)
    is_body = kind in ("text/plain", "text/html") and (not filename or disposition == "inline")
    is_attachment = disposition == "attachment" or (filename is not None and not is_body)
    text: str | None = None
    charset = params.get("charset", "")
    if kind.startswith(("text/", "multipart/")):  # a multipart left here has no boundary: its body is read as text
        kind = "text/plain" if kind.startswith("multipart/") else kind
        text, repair = decode(payload, charset)
        text = clean(text)
        found.note(repair, path)
        if len(text) > LONGEST_TEXT:
            text = text[:LONGEST_TEXT]
            found.is_cut = found.is_cut or not is_attachment
    flowed = params.get("format", "").lower() == "flowed"
    if (filename or "").lower().endswith(".eml") and text is None and level < DEEPEST_NESTED:
        found.nested.append(_nested_from_bytes(payload, level))
    found.parts.append(
        Part(kind, path, text, payload[:LONGEST_PAYLOAD], filename, is_attachment, charset.lower(), alternative, flowed)
    )


def _filename(own: dict[str, bytes], params: dict[str, str]) -> str | None:
    name = parameters(own.get("content-disposition", b""))[1].get("filename") or params.get("name")
    return safe_filename(name) if name else None
