"""What the customer wants, out of words in five languages; what he says he does not want is left out (R166)."""

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

import re2

from leadmaild.model.reading import RequestType
from leadmaild.reading.fields.folding import accents_folded

_INSTALMENT = "instalment"
# wishes.toml; matched against case-folded, accent-free text.
_WISHES = {
    kind: "|".join(words)
    for kind, words in tomllib.loads(
        files("leadmaild.reading").joinpath("wishes.toml").read_text(encoding="utf-8")
    ).items()
}
_WISH = [(RequestType(kind), re.compile(words)) for kind, words in _WISHES.items() if kind != _INSTALMENT]
_ASKS_INSTALMENT = re.compile(_WISHES[_INSTALMENT])
_ANY_WISH = re.compile("|".join(_WISHES.values()))
# The same without looking ahead, which RE2 cannot: one pass of it, in linear time, tells most texts, and most lines of
# the others, that they ask for nothing.
_LOOKAHEAD = re.compile(r"\(\?[=!](?:[^()]|\([^()]*\))*\)")
_MAY_WISH = re2.compile(_LOOKAHEAD.sub("", "|".join(_WISHES.values())))
_CLAUSE = re.compile(r"[.!?;\n,]+(?!\d)|\b(?:aber|sondern|jedoch|but|mais|ma|pero|maar|dafuer|stattdessen)\b|\s[-–—]\s")
_NOT = re.compile(
    r"\b(?:keine?[nrms]?|nicht|ohne|nein|nie|kein\w* bedarf|no|not|without|don'?t|doesn'?t|never|none|pas|sans|aucune?|"
    r"non|senza|nessuna?|niente|geen|niet|zonder|neither|ni)\b"
)
_NOT_AFTER = re.compile(r"nicht|not\b|nein|entfaellt|ausgeschlossen|niet|pas\b|nope|not needed|non\b|no\b|geen")
_NOT_ONLY = re.compile(
    r"nicht (?:nur|schlecht|abgeneigt)|not (?:only|bad)|pas (?:seulement|mal)|non solo|niet (?:alleen|slecht)"
)
_SAYS_NO = frozenset(("", "0", "n", "false", "nee", "neen", "none", "n/a", "entfaellt", "not needed", "not required"))
_SAYS_YES = frozenset(
    (
        "1", "x", "ja", "j", "yes", "y", "oui", "si", "true", "on", "gewuenscht", "erwuenscht", "ja, bitte", "ja bitte",
        "yes please", "☑", "✓", "✔",
    )
)  # fmt: skip
_BOX = re.compile(r"(?:(?P<ticked>\[[xX✓✔]\]|[☑☒✅🗹])|\[[ _]?\]|[☐□◻❏⬜])\ufe0f?\s*")
_BOX_SIGNS = tuple("[☑☒✅🗹☐□◻❏⬜")
_WORDS_BEFORE = 5
_WORDS_AFTER = 4
_CONJUNCTION = re.compile(r"\b(?:und|and|et|e|en|oder|or|ou|o|of|sowie|noch|nor|ni|ne)\b")


@lru_cache(maxsize=512)
def wishes_in(text: str, *, of_leasing: bool = False) -> tuple[RequestType, ...]:
    """Return what the words of `text` ask for, in order of precedence; negated wishes are not among them.

    The window of a negation is its clause: up to five words before the wish, four after it (lead-formats 4).
    `of_leasing`: the mail asks for a leasing already, so that a monthly rate is that of the leasing.
    """
    folded = accents_folded(text)
    if _MAY_WISH.search(folded) is None:
        return ()
    clauses = [clause for line in folded.split("\n") if _MAY_WISH.search(line) for clause in _clauses(line)]
    found: set[RequestType] = set()
    for kind, words in _WISH:
        if _is_asked(words, clauses):
            found.add(kind)
    is_leasing = of_leasing or RequestType.LEASING in found
    if not is_leasing and RequestType.FINANCING not in found and _is_asked(_ASKS_INSTALMENT, clauses):
        found.add(RequestType.FINANCING)
    return in_order(found)


def in_order(kinds: set[RequestType]) -> tuple[RequestType, ...]:
    """Return the set in the order of precedence of RequestType."""
    return tuple(k for k in RequestType if k in kinds)


def starts_with_box(text: str) -> bool:
    """Whether a line begins with a box to tick: `[x] Probefahrt`, `☐ Leasing`."""
    return text[:1] in _BOX_SIGNS and _BOX.match(text) is not None


def ticked(text: str) -> str:
    """Return what stands behind the ticked boxes of a text; the text itself if there is no box in it."""
    boxes = list(_BOX.finditer(text)) if any(sign in text for sign in _BOX_SIGNS) else []
    if not boxes:
        return text
    ends = [box.start() for box in boxes[1:]] + [len(text)]
    pieces = [text[box.end() : end].strip() for box, end in zip(boxes, ends, strict=True) if box["ticked"]]
    return ", ".join(pieces)


def is_refusal(value: str) -> bool:
    """Whether the value of a label such as `Inzahlungnahme` says no."""
    folded = accents_folded(value).strip(" .!-–")
    return folded in _SAYS_NO or re.match(r"(?:nein|no|non|nee|keine?|nicht)\b", folded) is not None


def is_consent(value: str) -> bool:
    """Whether the value of such a label just says yes."""
    return accents_folded(value).strip(" .!-–") in _SAYS_YES


def _is_asked(words: re.Pattern[str], clauses: list[str]) -> bool:
    return any(not _is_negated(clause, m.start(), m.end()) for clause in clauses for m in words.finditer(clause))


def _clauses(folded: str) -> Iterator[str]:
    yield from (c for c in _CLAUSE.split(folded) if c.strip())


def _is_negated(clause: str, start: int, end: int) -> bool:
    if _NOT_ONLY.search(clause):
        return False
    before = " ".join(clause[:start].split()[-_WORDS_BEFORE:])
    after = " ".join(clause[end:].split()[:_WORDS_AFTER])
    # A negation binds to its own side of an "and": "keine Finanzierung und gern eine Probefahrt".
    if (denial := _last(_NOT, before)) is not None:
        between = before[denial.end() :]
        if not _CONJUNCTION.search(between) or _ANY_WISH.search(between) is None:
            return True
        # "keine Probefahrt oder Finanzierung" denies both; "... und gern eine ..." does not.
        return not re.search(r"\b(?:gern\w*|eine?[nr]?|bitte|would|a|une?)\b", between)
    denial_after = _NOT_AFTER.search(after)
    return bool(denial_after) and not _CONJUNCTION.search(after[: denial_after.start() if denial_after else 0])


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return max(pattern.finditer(text), key=lambda m: m.start(), default=None)
