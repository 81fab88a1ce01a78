"""The imprint a portal sets below its mails: a line that begins with its name and goes on as a firm's address does."""

import itertools
import re

_FIRM_OR_NUMBER = re.compile(
    r"\||(?<!\w)(?:gmbh|mbh|ag|se|b\.?v|n\.?v|s\.?a\.?s?|s\.?r\.?l|s\.?p\.?a|ltd|inc|sarl)\b|\bpostbus\b|\bpostfach\b"
    r"|(?:\+|\b0)\d(?:[ /().-]{0,3}\d){6}",
    re.IGNORECASE,
)
_LEAD_IN = " \t*•·-–—©|"
SHORTEST_IMPRINT = 12
_LONGEST_IMPRINT = 300
_LONGEST_NAME = 40
_SHORTEST_NAME = 4


def names_in(name: str, source_id: str) -> tuple[str, ...]:
    """Return the names, case-folded, under which a source with this name and id signs its mails."""
    written = (*name.split("/"), source_id)
    return tuple(dict.fromkeys(n.strip().casefold()[:_LONGEST_NAME] for n in written if n.strip()))


def names_of_sender(name: str | None, email: str | None) -> tuple[str, ...]:
    """Return the names by which a sender nobody described may sign: his display name, and that of his domain."""
    domain = (email or "").rpartition("@")[2].split(".")
    written = (name or "", domain[-2] if len(domain) > 1 else "")
    return tuple(n.strip().casefold()[:_LONGEST_NAME] for n in written if len(n.strip()) >= _SHORTEST_NAME)


def without_imprint(words: str, names: tuple[str, ...]) -> str:
    """Return the words of a message up to the imprint of the portal with these names; its first line is none."""
    first, *more = words.split("\n")
    return "\n".join((first, *itertools.takewhile(lambda line: not is_imprint(line, names), more))).rstrip()


def is_imprint(text: str, names: tuple[str, ...]) -> bool:
    """Whether a line is the imprint of the portal with these names: `willhaben GmbH, 1030 Wien, +43 1 ...`; what a
    customer says of the portal is none."""
    start = text[:_LONGEST_IMPRINT].lstrip(_LEAD_IN)
    if not start[:_LONGEST_NAME].casefold().startswith(names):  # no more is done to most lines
        return False
    name = next(n for n in names if start.casefold().startswith(n))
    if start.rstrip().endswith("?") or start[len(name) : len(name) + 1].isalnum():
        return False
    return _FIRM_OR_NUMBER.search(start, len(name)) is not None
