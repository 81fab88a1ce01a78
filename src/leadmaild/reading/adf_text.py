"""ADF as it comes: found wherever it hides, and mended until an XML parser takes it (lead-formats 2, security 2.3).

No DTD, no entity of the mail's own making ever reaches the parser; size, depth and number of elements are limited.
"""

import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

import re2
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from leadmaild.reading.charset import codec_for, without_mojibake
from leadmaild.reading.message import Message, Part

LONGEST = 1_048_576
DEEPEST = 50
MOST_ELEMENTS = 5_000

# The closed vocabulary: any other tag is text, so that <b> or <br> in a comment breaks nothing.
_ELEMENTS = frozenset(
    (
        "adf",
        "adfleads",
        "prospect",
        "id",
        "requestdate",
        "vehicle",
        "year",
        "make",
        "model",
        "vin",
        "stock",
        "trim",
        "doors",
        "bodystyle",
        "transmission",
        "odometer",
        "condition",
        "colorcombination",
        "interiorcolor",
        "exteriorcolor",
        "preference",
        "imagetag",
        "price",
        "pricecomments",
        "option",
        "optionname",
        "manufacturercode",
        "weighting",
        "finance",
        "method",
        "amount",
        "balance",
        "comments",
        "comment",
        "customer",
        "contact",
        "name",
        "email",
        "phone",
        "address",
        "street",
        "apartment",
        "city",
        "regioncode",
        "postalcode",
        "country",
        "timeframe",
        "description",
        "earliestdate",
        "latestdate",
        "vendor",
        "vendorname",
        "url",
        "provider",
        "service",
        "value",
        "units",
    )
)
# Only these hold other elements; any other element ends where the next one begins, its end tag forgotten or not.
_CONTAINERS = frozenset(
    (
        "adf", "adfleads", "prospect", "vehicle", "odometer", "colorcombination", "option", "finance", "customer",
        "contact", "address", "timeframe", "vendor", "provider",
    )
)  # fmt: skip
_ROOT = re.compile(r"<(?:\w+:)?(adf|adfleads|prospect)\b", re.IGNORECASE)
_ESCAPED_ROOT = re.compile(r"&lt;(?:\w+:)?(?:adf|adfleads|prospect)\b", re.IGNORECASE)
_TAG = re.compile(
    r"<(/?)(?:\w{1,20}:)?([A-Za-z]\w{0,30})((?:\s+[\w:.-]{1,40}\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'|[“”„][^“”<>]*[“”]|[^\s\"'<>/“”„]+))*)\s*(/?)>"
)
_ATTRIBUTE = re.compile(r"([\w:.-]{1,40})\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)'|[“”„]([^“”<>]*)[“”]|([^\s\"'<>/“”„]+))")
# By RE2: a thousand beginnings without an end must not each be followed to the end of the text.
_CDATA = re2.compile(r"(?s)<!\[CDATA\[(.*?)\]\]>")
_COMMENT = re2.compile(r"(?s)<!--.*?-->")
_DOCTYPE = re2.compile(r"(?is)<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>|<!(?:ENTITY|ELEMENT|ATTLIST)[^>]*>|<\?.*?\?>")
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,5});")
_PROLOG_ENCODING = re.compile(rb"<\?[Xx][Mm][Ll][^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_XML_TYPES = ("application/x-adf+xml", "application/xml", "text/xml")
_TEXT_ENCODINGS = re.compile(
    r"utf-?(?:8|16(?:-?[lb]e)?)|iso-?8859-?\d{1,2}|(?:windows-|cp)125\d|us-ascii|ascii|latin-?1", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class AdfText:
    """ADF found in a mail: its text from the root to its end, and the place."""

    text: str
    where: str


def adf_texts(message: Message) -> Iterator[AdfText]:
    """Yield every ADF text of a mail: parts of its own, plain bodies, escaped in HTML, or inside HTML comments."""
    for part in message.parts:
        text = _text_of(part)
        if text is None or len(text) > LONGEST * 2:
            continue
        if _ESCAPED_ROOT.search(text) and not _ROOT.search(text):
            text = html.unescape(_without_markup(text))
        found = _ROOT.search(text)
        if found:
            yield AdfText(_cut(text, found), f"part {part.path}" + (f" ({part.filename})" if part.filename else ""))


def parsed(text: str) -> Element | None:
    """Return the root element of an ADF text, mended where it has to be; None where nothing helps.

    Tag names are lower-case and without namespace in the tree.
    """
    if len(text) > LONGEST:
        return None
    bare = _DOCTYPE.sub("", _CONTROLS.sub(" ", text))
    mended = _mended(bare)
    if mended is None:
        return None
    try:
        root: Element = fromstring(f"<all>{mended}</all>", forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return root


def _text_of(part: Part) -> str | None:
    is_xml = part.content_type in _XML_TYPES or part.content_type.endswith("+xml")
    is_file = bool(part.filename and part.filename.lower().endswith((".xml", ".adf")))
    if (is_xml or is_file or part.content_type == "application/octet-stream") and part.payload:
        return _decoded(part.payload, part.charset) if b"<" in part.payload[:LONGEST] else None
    return part.text if part.text and ("<" in part.text or "&lt;" in part.text) else None


def _decoded(payload: bytes, charset: str) -> str:
    """Decode by BOM, then by the prolog's encoding if that decodes, else part charset, UTF-8, cp1252."""
    for bom, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if payload.startswith(bom):
            return payload.decode(encoding, "replace")
    prolog = _PROLOG_ENCODING.search(payload[:400])
    for encoding in (prolog[1].decode("ascii") if prolog else "", charset, "utf-8", "cp1252"):
        if not _TEXT_ENCODINGS.fullmatch(encoding):
            continue
        try:
            return without_mojibake(payload.decode(codec_for(encoding) or encoding))
        except (UnicodeDecodeError, LookupError):
            continue
    return payload.decode("latin-1")


def _without_markup(text: str) -> str:
    """The words of an HTML page that shows XML as text: its own tags taken out, line ends kept."""
    return re.sub(
        r"<(?:br|/p|/div|/tr|/li)\b[^>]{0,200}>", "\n", re.sub(r"<(?!br|/p|/div|/tr|/li)[^>]{0,500}>", "", text)
    )


def _cut(text: str, found: re.Match[str]) -> str:
    """Everything from the first root to the last end tag of a root; what stands around is another story."""
    start = found.start()
    ends = [m.end() for m in re.finditer(r"</(?:\w+:)?(?:adf|adfleads|prospect)\s*>", text[start:], re.IGNORECASE)]
    return text[start : start + ends[-1]] if ends else text[start:]


def _mended(text: str) -> str | None:
    """Rewrite `text` with known tags only, lower-case, balanced, all else escaped; None beyond the limits."""
    kept: list[str] = []
    text = _CDATA.sub(lambda m: html.escape(m[1], quote=False).replace("&", "\x00"), _COMMENT.sub("", text))
    out: list[str] = []
    at = 0
    count = 0
    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        if name not in _ELEMENTS:
            continue
        out.append(_escaped(text[at : tag.start()]))
        at = tag.end()
        count += 1
        if count > 2 * MOST_ELEMENTS or len(kept) > DEEPEST:
            return None
        if tag[1]:
            out.append(_closed_tag(name, kept))
        else:
            if kept and kept[-1] not in _CONTAINERS:
                out.append(f"</{kept.pop()}>")
            out.append(f"<{name}{_attributes(tag[3])}>")
            kept.append(name)
            if tag[4]:
                out.append(_closed_tag(name, kept))
    out.append(_escaped(text[at:]))
    out.extend(f"</{name}>" for name in reversed(kept))
    return "".join(out)


def _closed_tag(name: str, is_open: list[str]) -> str:
    """The end tag, with those of elements forgotten inside it; an end without beginning is dropped."""
    if name not in is_open:
        return ""
    closing = []
    while is_open:
        inner = is_open.pop()
        closing.append(f"</{inner}>")
        if inner == name:
            break
    return "".join(closing)


def _attributes(text: str) -> str:
    found: dict[str, str] = {}
    for name, *quoted in _ATTRIBUTE.findall(text):
        if name.lower().startswith("xmlns"):
            continue
        found.setdefault(re.sub(r"\W", "_", name.rpartition(":")[2].lower()), "".join(quoted))
    return "".join(f' {n}="{html.escape(html.unescape(v))}"' for n, v in found.items() if not n[0].isdigit())


def _escaped(text: str) -> str:
    """Text between tags: HTML entities become their characters, then what XML needs is escaped."""
    if "<" in text:
        text = re.sub(r"<br\s*/?>|</p>", "\n", text, flags=re.IGNORECASE)
        text = re.sub(r"</?(?:b|i|u|p|strong|em|font|span|div|a)\b[^<>]{0,200}>", "", text, flags=re.IGNORECASE)
    text = html.unescape(text)
    text = html.escape(html.unescape(text) if _ENTITY.search(text) else text, quote=False)  # escaped twice
    return html.escape(html.unescape(text.replace("\x00", "&")), quote=False) if "\x00" in text else text
