"""The fallback reader: what can be read without a parser, where the structure exceeds the limits or broke one."""

import re

from leadmaild.reading import header_fields
from leadmaild.reading.charset import clean, decode
from leadmaild.reading.encoded_words import parameters
from leadmaild.reading.header_fields import DECIDES_STRUCTURE, read_field
from leadmaild.reading.limits import LONGEST_PAYLOAD, LONGEST_TEXT
from leadmaild.reading.message import HeaderField, Message, Part
from leadmaild.reading.transfer import decode_transfer

_LONGEST_BODY = 400_000
_TEXT_IN_PARTS = re.compile(
    rb"^content-type:[ \t\n]*text/(plain|html)[^\n]*(?:\n[^\n]+){0,30}\n\n", re.IGNORECASE | re.MULTILINE
)
_MACHINERY = re.compile(rb"^(?:content-[a-z-]+:[^\n]*(?:\n[ \t][^\n]*)*|--[^\s][^\n]*)\n", re.IGNORECASE | re.MULTILINE)


def by_bytes(block: header_fields.Block, why: str) -> Message:
    """Read what no parser should: the header as always, the first plain and first HTML text found among the bytes."""
    headers = tuple(read_field(f) for f in block.fields)
    by_kind: dict[str, Part] = {}
    body = block.body[: 2 * LONGEST_TEXT]
    for head in _TEXT_IN_PARTS.finditer(body):
        kind = f"text/{head[1].decode().lower()}"
        if kind not in by_kind:
            end = body.find(b"\n--", head.end())
            by_kind[kind] = _part_from(head[0], body[head.end() : end if end >= 0 else len(body)], kind)
        if len(by_kind) == 2:
            break
    if not by_kind:
        own = b"\n".join(f for f in block.fields if DECIDES_STRUCTURE.match(f))
        words = _MACHINERY.sub(b"", body[:_LONGEST_BODY])
        by_kind["text/plain"] = _part_from(own, words, "text/plain")
    kind = parameters(next((f.raw for f in headers if f.name == "content-type"), b""))[0] or "text/plain"
    repairs = (*block.repairs, f"read by the fallback reader: {why}")
    return Message(headers, tuple(by_kind.values()), (), kind, repairs, is_cut=True)


def _part_from(head: bytes, payload: bytes, kind: str) -> Part:
    fields: dict[str, HeaderField] = {f.name: f for f in map(read_field, header_fields.split(head).fields)}
    encoding = fields["content-transfer-encoding"].value if "content-transfer-encoding" in fields else ""
    charset = parameters(fields["content-type"].raw)[1].get("charset", "") if "content-type" in fields else ""
    text, _ = decode(decode_transfer(payload, encoding)[0], charset)
    return Part(kind, "1", clean(text)[:LONGEST_TEXT], payload[:LONGEST_PAYLOAD], charset=charset, alternative="1")
