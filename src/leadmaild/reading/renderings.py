"""Two renderings of the customer's words, text and HTML, compared: which of them has his lines, and where they end."""

import itertools
from functools import lru_cache

_SHORTEST_TO_TRUST = 20


@lru_cache(maxsize=16)  # a message is compared with each of its other renderings
def words_of(text: str) -> str:
    """Return the words of a text in the form in which two renderings are compared; blanks and line ends say nothing."""
    return " ".join(text.split()).casefold()


def better_rendering(best: str, other: str) -> str:
    """Return `other` if it is a rendering of the same words that has the writer's own lines, or that knew where they
    end; else `best`."""
    if other == best:
        return best
    words, others = words_of(best), words_of(other)
    if others == words:
        return other if _is_hard_wrapped(best) and not _is_hard_wrapped(other) else best
    return other if words.startswith(others) and len(others) > _SHORTEST_TO_TRUST else best


def _is_hard_wrapped(text: str) -> bool:
    """Whether lines break where a mail program ran out of room, not where the writer ended them."""
    return any(60 <= len(a) <= 80 and b[:1].islower() for a, b in itertools.pairwise(text.splitlines()))
