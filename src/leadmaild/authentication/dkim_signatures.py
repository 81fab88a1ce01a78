"""DKIM signatures of a mail (RFC 6376): which of them could vouch for its From, and whether they do.

Pure: the keys were fetched before. Only the topmost signatures aligned with From are looked at. Hashing a large body
takes the library seconds during which nothing else runs: verify in a process that can be stopped.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from leadmaild.model.registered_domain import are_aligned

if TYPE_CHECKING:
    from dkim import DKIM

MOST_SIGNATURES = 3
_LONGEST_FIELD = 4_096
_LONGEST_KEY = 2_048  # characters of the record: RSA of 8192 bits
_SMALLEST_KEY = 1_024  # bits (RFC 8301)
# The library's expressions take the square of a run of blanks.
_LONG_BLANK = re.compile(r"\s{80}")
_BLANKS = re.compile(rb"[ \t]+")
_TAG = re.compile(r"\s*([A-Za-z]\w*)\s*=(.*)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?")


class DkimResult(StrEnum):
    """What one signature came to, in the words of RFC 8601 2.7.1."""

    PASS = "pass"  # noqa: S105  # a result
    FAIL = "fail"
    TEMPERROR = "temperror"  # the key could not be asked for
    NEUTRAL = "neutral"  # made with an algorithm we cannot check


@dataclass(frozen=True, slots=True)
class Candidate:
    """A signature that vouches for the From address if it verifies."""

    domain: str
    selector: str
    algorithm: str

    @property
    def key_name(self) -> str:
        """Where DNS keeps its key."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def can_be_checked(self) -> bool:
        """RFC 8301 forbids rsa-sha1; ed25519 is seen beside an RSA signature only."""
        return self.algorithm == "rsa-sha256"


def candidates(signature_fields: Iterable[str], author_domain: str) -> tuple[Candidate, ...]:
    """The signatures (values of DKIM-Signature, unfolded) that could vouch for the author: the topmost few."""
    return tuple(_distinct(signature_fields, author_domain))[:MOST_SIGNATURES]


def _distinct(signature_fields: Iterable[str], author_domain: str) -> Iterator[Candidate]:
    seen: set[Candidate] = set()
    for value in signature_fields:
        found = _candidate(value, author_domain)
        if found is not None and found not in seen:
            seen.add(found)
            yield found


def _candidate(value: str, author_domain: str) -> Candidate | None:
    if len(value) > _LONGEST_FIELD or _LONG_BLANK.search(value):
        return None
    tags = tags_of(value)
    domain, selector = tags.get("d", "").lower(), tags.get("s", "").lower()
    if not (_NAME.fullmatch(domain) and _NAME.fullmatch(selector)):
        return None
    signs_author = "from" in tags.get("h", "").lower().split(":")
    # What l= leaves unsigned at the end of the body can be anybody's.
    if not signs_author or "l" in tags or not are_aligned(domain, author_domain):
        return None
    return Candidate(domain, selector, tags.get("a", "").lower())


def tags_of(value: str) -> dict[str, str]:
    """The tags of a tag-list (RFC 6376 3.2), their values without blanks."""
    found = (_TAG.fullmatch(part) for part in value.split(";"))
    return {match[1]: "".join(match[2].split()) for match in found if match}


def verify(raw: bytes, author_domain: str, keys: Mapping[str, Iterable[str]]) -> dict[Candidate, DkimResult]:
    """Verify the candidates of a mail with the TXT records found at their `key_name`. Never raises.

    A candidate whose name is not in `keys` could not be asked for.
    """
    from dkim import DKIM

    results: dict[Candidate, DkimResult] = {}
    try:
        mail = DKIM(raw, minkey=_SMALLEST_KEY)
        body = mail.body
        signatures = [value for name, value in mail.headers if name.lower() == b"dkim-signature"]
    except Exception:  # noqa: BLE001  # whatever a library makes of a stranger's bytes: nothing is proved
        return results
    tries = 0
    for place, value in enumerate(signatures):
        unfolded = value.replace(b"\r\n", b"").decode("ascii", "replace")
        candidate = _candidate(unfolded, author_domain)
        if candidate is None or results.get(candidate) is DkimResult.PASS:
            continue
        if (tries := tries + 1) > MOST_SIGNATURES:
            break
        canonical = tags_of(unfolded).get("c", "").endswith("/relaxed")
        mail.body = _BLANKS.sub(b" ", body) if canonical else body  # saves the library its squares
        results[candidate] = _verified(mail, place, candidate, keys)
    return results


def _verified(mail: "DKIM", place: int, candidate: Candidate, keys: Mapping[str, Iterable[str]]) -> DkimResult:
    if not candidate.can_be_checked:
        return DkimResult.NEUTRAL
    if candidate.key_name not in keys:
        return DkimResult.TEMPERROR
    for key in keys[candidate.key_name]:
        if len(key) > _LONGEST_KEY:
            continue
        try:
            if mail.verify(idx=place, dnsfunc=lambda *_, key=key, **__: key.encode("latin-1")):
                return DkimResult.PASS
        except Exception:  # noqa: BLE001, S112  # as above
            continue
    return DkimResult.FAIL
