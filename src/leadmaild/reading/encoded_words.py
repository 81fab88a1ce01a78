"""RFC 2047 encoded words and RFC 2231 parameters in all the forms, broken ones included, that real senders write."""

import re
from urllib.parse import unquote_to_bytes

from leadmaild.reading.charset import clean_line, decode
from leadmaild.reading.transfer import lenient_base64

# Lenient on purpose: blanks inside the text (RFC 2047 5 forbids them), a missing end at the end of the value,
# language tags (RFC 2231 5).
_WORD = re.compile(
    rb"=\?([!-<>@-~]{1,64})\?([QqBb])\?((?:[^?\n]|\?(?!=))*)(?:\?=|$)",
)
_BLANKS = re.compile(rb"[ \t\r\n]*")
_Q_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")


def decode_words(raw: bytes) -> str:
    """Return a raw header value as text: encoded words decoded, raw 8-bit bytes read as UTF-8, else windows-1252.

    Neighbouring words of one charset are joined before they are decoded, for senders cut letters in two.
    """
    if b"=?" not in raw:
        return decode(raw, "")[0]
    pieces: list[str] = []
    pending, pending_charset = b"", ""
    position = 0
    for word in _WORD.finditer(raw):
        between = raw[position : word.start()]
        charset = word[1].decode("ascii", "replace").lower()
        is_joined = bool(pending_charset) and _BLANKS.fullmatch(between) is not None
        if pending_charset and not (is_joined and charset == pending_charset):
            pieces.append(decode(pending, pending_charset)[0])
            pending = b""
        if not is_joined:
            pieces.append(decode(between, "")[0])
        pending += _word_bytes(word[2], word[3])
        pending_charset = charset
        position = word.end()
    if pending_charset:
        pieces.append(decode(pending, pending_charset)[0])
    pieces.append(decode(raw[position:], "")[0])
    return "".join(pieces)


def _word_bytes(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"Qq":
        return _Q_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), text.replace(b"_", b" "))
    return lenient_base64(text)


# ---- parameters -----------------------------------------------------------------------------------------------

# name = "quoted \" text" | name = token; a token may hold blanks if no `;` follows at once, as some senders write.
_PARAMETER = re.compile(r""";\s*([^\s=;"*]{1,60})(\*\d{1,3})?(\*)?\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))""")
MOST_PARAMETERS = 100


def parameters(raw: bytes) -> tuple[str, dict[str, str]]:
    """Return the first token (lower-case) and the parameters of a Content-Type or Content-Disposition value.

    Continued and percent-encoded forms (RFC 2231), encoded words inside quotes and raw 8-bit text are decoded; the
    first of a name wins (RFC 2045 leaves it open, and mail-parser takes the first too).
    """
    if not raw:
        return "", {}
    text = raw.replace(b"\n", b"").decode("utf-8", "surrogateescape")
    main, semicolon, _ = text.partition(";")
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(text, len(main))):
        if not semicolon or count >= MOST_PARAMETERS:
            break
        name, section, star, quoted, token = match.groups()
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token.strip()
        if section or star:
            sections.setdefault(name.lower(), {}).setdefault(int((section or "*0")[1:]), (value, bool(star)))
        else:
            plain.setdefault(name.lower(), value)
    found = {name: _decoded(value) for name, value in plain.items()}
    found.update((name, _joined(parts)) for name, parts in sections.items())
    return clean_line(main.encode("utf-8", "surrogateescape").decode("utf-8", "replace")).lower(), found


def _decoded(value: str) -> str:
    return clean_line(decode_words(value.encode("utf-8", "surrogateescape")))


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    """Put the sections of one parameter together (RFC 2231 3, 4)."""
    charset = ""
    joined = b""
    for number in sorted(parts):
        value, is_encoded = parts[number]
        if is_encoded:
            if number == 0 and value.count("'") >= 2:
                charset, _, value = value.split("'", 2)
            joined += unquote_to_bytes(value.encode("utf-8", "surrogateescape"))
        else:
            joined += value.encode("utf-8", "surrogateescape")
    return clean_line(decode(joined, charset)[0])
