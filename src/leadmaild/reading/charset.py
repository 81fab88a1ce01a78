"""Bytes to text that every sink accepts: charset labels as senders really use them, repair, and cleaning.

Nothing here raises for any input. The WHATWG reading of labels is taken (iso-8859-1 means windows-1252), UTF-7 and
codecs that are no charsets are refused (BI-30), and what comes out holds no NUL, no control character, no lone
surrogate, no character that turns or hides text (BI-32, security.md 2.3).
"""

import codecs
import re
import unicodedata
from functools import lru_cache

# Labels that stand for windows-1252 (WHATWG Encoding 4.2) or that programs write when they do not know.
_MEANT_CP1252 = frozenset(
    [
        "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1", "us-ascii", "ascii", "ansi_x3.4-1968",
        "cp1252", "windows-1252", "1252", "win-1252", "x-ansi", "ansi",
    ]
)  # fmt: skip
_UNKNOWN = frozenset(
    ["", "default", "default_charset", "_charset", "x-unknown", "unknown", "unknown-8bit", "x-user-defined"]
)
# The stdlib decodes these too, but they are no charsets of mail: UTF-7 smuggles markup, the others are transforms.
_REFUSED = frozenset(["utf-7", "u7", "unicode-1-1-utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape"])

CP1252 = "windows-1252"
UTF8 = "utf-8"


@lru_cache(maxsize=256)
def codec_for(label: str) -> str | None:
    """Return the codec meant by a charset label, or None if the label says nothing usable."""
    name = label.strip(" \t\"'<>;,").casefold().split("*")[0]
    if name in _MEANT_CP1252:
        return CP1252
    if name in _UNKNOWN or name in _REFUSED or not name.isascii() or "\0" in name:
        return None
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return codec_for(f"cp{name}") if name.isdecimal() else None
    if found.name in _REFUSED or found.name == "undefined" or not getattr(found, "_is_text_encoding", True):
        return None
    return {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": CP1252, "ascii": CP1252}.get(found.name, found.name)


def decode(payload: bytes, label: str) -> tuple[str, str]:
    """Return the text of `payload` and a note of the repair that was needed ("" if none).

    Tried in turn: byte order mark, the label, UTF-8, windows-1252; the last never fails. A label of windows-1252 is
    read as UTF-8 where the bytes are valid UTF-8 beyond ASCII: that combination is practically never cp1252.
    """
    if payload.isascii() and b"\0" not in payload and b"\x1b" not in payload:
        return payload.decode("ascii"), ""
    if payload.startswith(codecs.BOM_UTF8):
        payload, label = payload[3:], UTF8
    elif payload.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strictly(payload, "utf-16") or payload.decode("utf-16", "replace"), ""
    codec = codec_for(label)
    if codec and codec.startswith(("utf-16", "utf-32")) and b"\0" not in payload:
        codec = None  # European text in UTF-16 is half NULs; without one the label is wrong
    if codec in (None, CP1252):
        text = _strictly(payload, UTF8)
        if text is not None:
            return text, "" if codec is None and not label else f"charset {_shown(label)} read as utf-8"
        return _as_cp1252(payload), "" if codec else f"charset {_shown(label)} read as windows-1252"
    text = _strictly(payload, codec or UTF8)
    if text is not None:
        return text, ""
    if codec != UTF8 and (text := _strictly(payload, UTF8)) is not None:
        return text, f"charset {_shown(label)} read as utf-8"
    return _mostly_utf8(payload) if codec == UTF8 else (_as_cp1252(payload), _was_cp1252(label))


def _strictly(payload: bytes, codec: str) -> str | None:
    """The text if the codec reads every byte and makes no lone surrogate."""
    try:
        text = payload.decode(codec)
        if codec != UTF8:
            text.encode(UTF8)
    except (LookupError, ValueError):
        return None
    return text


def _mostly_utf8(payload: bytes) -> tuple[str, str]:
    """A few broken bytes in UTF-8 (a letter cut in two) stay few marks; else it was windows-1252 all along."""
    text = payload.decode(UTF8, "replace")
    broken = text.count("\ufffd")
    if broken * 4 <= sum(not char.isascii() for char in text):
        return text, "broken utf-8 marked"
    return _as_cp1252(payload), _was_cp1252(UTF8)


def _as_cp1252(payload: bytes) -> str:
    # The five bytes windows-1252 leaves open are read as in latin-1, so this cannot fail.
    return payload.decode(CP1252, "leadmaild-latin1")


def _was_cp1252(label: str) -> str:
    return f"charset {_shown(label)} read as windows-1252"


def _shown(label: str) -> str:
    return clean_line(label)[:40] or "(none)"


def _latin1_for_holes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):  # registered for decoding only
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("leadmaild-latin1", _latin1_for_holes)


# ---- cleaning ------------------------------------------------------------------------------------------------

_HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
)
_REMOVED = re.compile(f"[{_HIDDEN}\U000e0000-\U000e007f]")
_BLANK = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LINE_END = re.compile("\r+\n?|[\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# All of it as one set: an alternation of sets costs several times as much a letter.
_UNCLEAN = re.compile(
    f"[{_HIDDEN}\U000e0000-\U000e007f{_BLANK.pattern[1:-1]}\r\x85\u2028\u2029{_SURROGATE.pattern[1:-1]}\u2011]"
)
_ASCII_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
# What is not clean of all that windows-1252 can write; whatever else it can write is in NFC.
_UNCLEAN_BYTES = bytes((*range(0x09), *range(0x0B, 0x20), 0x7F, 0xA0, 0xAD))


def clean(text: str) -> str:
    """Return `text` in NFC with LF line ends, and without characters that control, turn, hide or break text.

    NUL and other controls become a blank, NBSP and thin blanks a plain blank, U+2011 a plain hyphen, lone surrogates
    U+FFFD; zero-width, direction and tag characters vanish.
    """
    if text.isascii():
        if not _ASCII_CONTROL.search(text):
            return text
        return _BLANK.sub(" ", _LINE_END.sub("\n", text))
    if _is_plainly_clean(text):
        return text
    if _UNCLEAN.search(text):
        text = _REMOVED.sub("", _BLANK.sub(" ", _LINE_END.sub("\n", text)))
        text = _SURROGATE.sub("\ufffd", text).replace("\u2011", "-")
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _is_plainly_clean(text: str) -> bool:
    """Whether a text of western letters needs no cleaning; a third of the time that looking for each sign takes."""
    try:
        written = text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return len(written.translate(None, _UNCLEAN_BYTES)) == len(written)


def clean_line(text: str) -> str:
    """Return `text` cleaned as one line: any white space is one blank, none at the ends."""
    return one_blank_each(clean(text))


def one_blank_each(text: str) -> str:
    """Return cleaned text with one blank for any run of white space, and none at the ends."""
    text = text.strip()
    is_untidy = "  " in text or "\n" in text or "\t" in text
    return " ".join(text.split()) if is_untidy else text


_MOJIBAKE = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u2122]")


def without_mojibake(text: str) -> str:
    """Return `text` with UTF-8 that was once read as windows-1252 (`Ã¼`) put right, only if the round trip is clean."""
    if not _MOJIBAKE.search(text):
        return text
    try:
        return text.encode(CP1252).decode(UTF8)
    except UnicodeError:
        return text
