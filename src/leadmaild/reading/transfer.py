"""Content-Transfer-Encoding undone, whatever its state: broken base64, quoted-printable and uuencode keep their text.

A body that is not what its header says is kept as it is, with a note (BI-31).
"""

import binascii
import re

_BASE64_LINES = re.compile(rb"(?:[A-Za-z0-9+/=]*+[ \t]*+\n)*+(?:[A-Za-z0-9+/=]*+[ \t]*+\Z)?")
_CHUNK = re.compile(rb"[A-Za-z0-9+/]+")
_BLANKS = re.compile(rb"[\s\0]+")
_IDENTITY = frozenset(["", "7bit", "8bit", "binary", "7-bit", "8-bit"])
_UU = frozenset(["x-uuencode", "uuencode", "uue", "x-uue"])


def decode_transfer(payload: bytes, encoding: str) -> tuple[bytes, str]:
    """Return the decoded `payload` (LF line ends in, any bytes out) and a note of what was wrong ("" if nothing)."""
    name = encoding.strip(" \t;\"'").lower()
    if name in _IDENTITY:
        return payload, ""
    if name == "quoted-printable":
        return binascii.a2b_qp(payload), ""
    if name in ("base64", "b64", "x-base64"):
        return _base64(payload)
    if name in _UU:
        return _uudecoded(payload)
    return payload, "unknown transfer encoding left as it is"


def _base64(payload: bytes) -> tuple[bytes, str]:
    """Decode the leading run of base64 lines; text after it (a list's footer) or instead of it is kept as text."""
    clean = _BASE64_LINES.match(payload)
    end = clean.end() if clean else 0
    rest = payload[end:].strip()
    if not rest:
        return lenient_base64(payload), ""
    letters = len(b"".join(_CHUNK.findall(payload)))
    if end == 0 and (b" " in rest or letters < 0.9 * len(_BLANKS.sub(b"", payload))):
        return payload, "base64 that is none left as it is"
    if b" " in rest or b"<" in rest:
        return lenient_base64(payload[:end]) + b"\n" + rest, "text after base64 kept"
    return lenient_base64(payload), "broken base64 mended"


def lenient_base64(text: bytes) -> bytes:
    """Decode base64 whatever stands between its letters, however its end is cut; padding inside starts afresh."""
    return b"".join(
        binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))
        for run in re.split(rb"=+", text)
        for piece in [_whole(b"".join(_CHUNK.findall(run)))]
    )


def _whole(letters: bytes) -> bytes:
    """Without a last letter that alone makes no byte."""
    return letters[:-1] if len(letters) % 4 == 1 else letters


def _uudecoded(payload: bytes) -> tuple[bytes, str]:
    lines = iter(payload.split(b"\n"))
    if not any(re.match(rb"begin [0-7]{3,4} ", line) for line in lines):
        return payload, "uuencode without its begin left as it is"
    decoded: list[bytes] = []
    note = "uuencode without its end"
    for line in lines:
        if line.strip() == b"end":
            note = ""
            break
        if not line:
            continue
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Common broken encoders pad the last group wrongly: read as many bytes as the count says.
            bytes_wanted = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                decoded.append(binascii.a2b_uu(line[:bytes_wanted]))
            except binascii.Error:
                note = "broken uuencode line left out"
    return b"".join(decoded), note
