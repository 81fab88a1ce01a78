"""From header fields and a body to the bytes of one mail: MIME by the email library, CRLF, ASCII, short lines.

The same facts give the same bytes: boundaries are made of the content, so a mail composed again after a crash is the
same mail (SP-17), and nobody outside can guess one.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from leadmaild.writing.line_ends import with_crlf

_LONGEST_LINE = 998  # RFC 5322 2.1.1, without CRLF


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a mail. `cid` set: shown inside the HTML page, not as an attachment."""

    filename: str
    content_type: str
    content: bytes
    cid: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """What a mail says: text, the same as an HTML page, enclosures, and the original mail it is about."""

    text: str
    html: str
    enclosures: tuple[Enclosure, ...] = ()
    original: bytes | None = None


def assemble(header_fields: Iterable[bytes], body: Body) -> bytes:
    """Return the mail: the header fields, then the body as multipart/alternative with what is enclosed."""
    head = b"".join(header_fields)
    if not body.enclosures and body.original is None:
        return head + _two_versions(body, _digest(head, body.html.encode(), b""))
    tree = EmailMessage(policy=SMTP)
    tree.set_content(body.text, cte=_encoding(body.text))
    tree.add_alternative(body.html, subtype="html", cte=_encoding(body.html))
    page = tree.get_payload(1)
    for inline in body.enclosures:
        if inline.cid and isinstance(page, EmailMessage):
            main, sub = inline.content_type.split("/", 1)
            page.add_related(
                inline.content, main, sub, cid=f"<{inline.cid}>", filename=inline.filename, disposition="inline"
            )
    for file in body.enclosures:
        if not file.cid:
            main, sub = file.content_type.split("/", 1)
            tree.add_attachment(file.content, main, sub, filename=file.filename)
    original = with_crlf(body.original) if body.original is not None else None
    stand_in = _attach_original(tree, original) if original is not None else ""
    _name_boundaries(tree, _digest(head, body.html.encode(), original or b""))
    raw = head + tree.as_bytes()
    return raw.replace(stand_in.encode(), original, 1) if stand_in and original is not None else raw


def _two_versions(body: Body, digest: str) -> bytes:
    """What nearly every mail is: text and the same as a page. The library would take longer over these few constant
    header fields than everything else about a mail takes; nothing in them is anybody's."""
    boundary = f"=_{digest}.0"
    parts = "".join(
        f'--{boundary}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {_encoding(text)}\r\n\r\n{_encoded(text)}\r\n"
        for subtype, text in (("plain", body.text), ("html", body.html))
    )
    kind = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
    return f"{kind}{parts}--{boundary}--\r\n".encode("ascii")


def _encoded(text: str) -> str:
    """The text with CRLF line ends as its encoding has it."""
    lines = b"".join(line + b"\r\n" for line in text.encode().splitlines())
    if _encoding(text) == "quoted-printable":
        return binascii.b2a_qp(lines, istext=True).decode("ascii")
    return base64.encodebytes(lines).decode("ascii").replace("\n", "\r\n")


def _encoding(text: str) -> str:
    """Quoted-printable keeps a German text readable; base64 keeps a Cyrillic one small. Neither can hold a boundary."""
    others = len(text) - len(text.encode("ascii", "ignore"))
    return "quoted-printable" if 6 * others < len(text) else "base64"


def _attach_original(tree: EmailMessage, original: bytes) -> str:
    """Attach the mail that came in and return the stand-in for its bytes, "" if they are attached already.

    The bytes stay as they came (R51), so the library must not write them; only a mail with lines no transport may
    carry goes as an encoded file (RFC 2046 5.2.1 allows no encoding of message/rfc822).
    """
    if b"\0" in original or any(len(line) > _LONGEST_LINE for line in original.split(b"\r\n")):
        tree.add_attachment(original, "application", "octet-stream", filename="original.eml")
        return ""
    stand_in = f"original {_digest(original)}"
    encoding = "7bit" if original.isascii() else "8bit"
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = "message/rfc822"
    part["Content-Transfer-Encoding"] = encoding
    part["Content-Disposition"] = 'attachment; filename="original.eml"'
    part.set_payload(stand_in)
    if tree.get_content_subtype() != "mixed":
        tree.make_mixed()
    tree.attach(part)
    if encoding == "8bit":
        tree["Content-Transfer-Encoding"] = encoding
    return stand_in


def _name_boundaries(tree: EmailMessage, digest: str) -> None:
    for number, part in enumerate(tree.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{digest}.{number}")


def _digest(*pieces: bytes) -> str:
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(hashlib.sha256(piece).digest())
    return whole.hexdigest()[:32]
