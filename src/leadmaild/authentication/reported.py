"""What the dealer's own mail server says of a sender: its Authentication-Results (RFC 8601).

Only the topmost field of the configured server counts: whoever stands nearer to us wrote it later. Everybody else's,
and what a sender put in below, says nothing (BI-65).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from leadmaild.authentication.head import Head
from leadmaild.model.address import ascii_of
from leadmaild.model.authentication import UNKNOWN, Authentication, Signature
from leadmaild.model.envelope import SenderVerdict
from leadmaild.model.registered_domain import are_aligned

_LONGEST_FIELD = 16 * 1024
_METHOD = re.compile(r"([a-z0-9-]+)(?:/\d+)?=([a-z]+)")


@dataclass(frozen=True, slots=True)
class _Result:
    """One result: method, what it came to, and its properties, such as header.d."""

    method: str
    result: str
    properties: dict[str, str] = field(default_factory=dict)


def reported(head: Head, authserv_id: str) -> Authentication:
    """The verdict of the server `authserv_id` on the sender; UNKNOWN if it said nothing."""
    for value in head.all("authentication-results"):
        if len(value) > _LONGEST_FIELD:
            continue
        parts = list(_parts(value))
        if parts and parts[0] and parts[0][0].casefold() == authserv_id.casefold():
            return _judged(head.author_domain, [r for part in parts[1:] if (r := _result(part)) is not None])
    return UNKNOWN


def _judged(author: str | None, results: list[_Result]) -> Authentication:
    evidence = tuple(map(_evidence, results))
    if author is None:
        return Authentication(evidence=evidence)
    passed = [r for r in results if r.method == "dkim" and r.result == "pass" and are_aligned(_signer(r), author)]
    signatures = tuple(Signature(_signer(r), r.properties.get("header.s", "")) for r in passed)
    spf_vouches = any(
        r.method == "spf" and r.result == "pass" and are_aligned(_domain(r.properties.get("smtp.mailfrom", "")), author)
        for r in results
    )
    dmarc = next((r for r in results if r.method == "dmarc"), None)
    if dmarc is not None and dmarc.result in ("pass", "fail"):
        about = _domain(dmarc.properties.get("header.from", "")) or author
        if not are_aligned(about, author):  # said of another author than the one we read
            return Authentication(evidence=evidence)
        if dmarc.result == "fail":
            return Authentication(SenderVerdict.FAILED, evidence)
        return Authentication(SenderVerdict.AUTHENTICATED, evidence, signatures)
    is_vouched_for = spf_vouches or bool(passed)
    verdict = SenderVerdict.AUTHENTICATED if is_vouched_for else SenderVerdict.UNAUTHENTICATED
    return Authentication(verdict, evidence, signatures)


def _signer(result: _Result) -> str:
    return _domain(result.properties.get("header.d", "") or result.properties.get("header.i", ""))


def _domain(text: str) -> str:
    return ascii_of(text.rpartition("@")[2]) or ""


def _evidence(result: _Result) -> str:
    told = {name: _domain(text) or "-" for name, text in result.properties.items() if name in _TOLD}
    if selector := result.properties.get("header.s"):
        told["header.s"] = selector
    return " ".join([f"{result.method}={result.result}", *(f"{name}={text}" for name, text in told.items())])


_TOLD = ("smtp.mailfrom", "header.d", "header.i", "header.from")


def _result(part: list[str]) -> _Result | None:
    found = _METHOD.fullmatch(part[0].lower()) if part else None
    if found is None:
        return None
    pairs = (word.partition("=") for word in part[1:])
    properties = {name.lower(): text for name, equals, text in pairs if equals and "." in name}
    return _Result(found[1], found[2], properties)


def _parts(value: str) -> Iterator[list[str]]:
    """The words of the field, part by part (between semicolons), without comments; a quoted string is one word.

    `a = b` is read as `a=b`.
    """
    words: list[str] = []
    word, position = "", 0
    is_joined = False  # after a "=" the next word belongs to it
    while position < len(value):
        c = value[position]
        if c == '"':
            quoted, position = _quoted(value, position)
            word += quoted
            continue
        if c == "(":
            position = _after_comment(value, position)
            c = " "
        else:
            position += 1
        if c in " \t;":
            if word:
                _take(words, word, is_joined=is_joined)
                is_joined = words[-1].find("=") == len(words[-1]) - 1
                word = ""
            if c == ";":
                yield words
                words, is_joined = [], False
        else:
            word += c
    if word:
        _take(words, word, is_joined=is_joined)
    if words:
        yield words


def _take(words: list[str], word: str, *, is_joined: bool) -> None:
    if words and (is_joined or word.startswith("=")):
        words[-1] += word
    else:
        words.append(word)


def _quoted(value: str, start: int) -> tuple[str, int]:
    text, position = "", start + 1
    while position < len(value) and value[position] != '"':
        if value[position] == "\\":
            position += 1
        text += value[position : position + 1]
        position += 1
    return text, position + 1


def _after_comment(value: str, start: int) -> int:
    depth, position = 0, start
    while position < len(value):
        c = value[position]
        if c == "\\":
            position += 1
        depth += (c == "(") - (c == ")")
        position += 1
        if not depth:
            break
    return position
