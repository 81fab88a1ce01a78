"""What a definition writes itself instead of the mail, `const` and the right side of `map`: it must mean something.

A portal's text that cannot be read is left out and looked at; a definition's own text that cannot be read is a mistake
that would leave the field empty in every mail, so it is refused before it is used.
"""

import difflib
from collections.abc import Iterable, Iterator

from leadmaild.model.reading import RequestType
from leadmaild.reading import targets
from leadmaild.reading.definitions import Selector
from leadmaild.reading.findings import Locale

_TYPES = tuple(map(str, RequestType))


def problems_of_fixed_values(selector: Selector) -> Iterator[str]:
    """What is wrong with the selector's own texts, each in words with what would be right."""
    is_cut = selector.split or selector.after or selector.until
    written: Iterable[str] = selector.map.values()
    if selector.kind == "const" and not selector.map and not is_cut:
        written = selector.names
    # A requested type may be a list; each of its pieces must be one.
    is_list = selector.target == "request_type"
    pieces = (p for text in written for p in (text.replace(";", ",").split(",") if is_list else [text]))
    for piece in dict.fromkeys(p.strip() for p in pieces):
        if piece and not _means_something(selector, piece):
            yield _told(selector.target, piece)


def _means_something(selector: Selector, text: str) -> bool:
    read = targets.typed(selector.type) if selector.type else targets.reader_of(selector.target)
    locale = targets.in_currency(Locale(), selector.currency or None, selector.region or None)
    return any(value not in (None, "", ()) for _, value in read(selector.target, text, locale))


def _told(target: str, text: str) -> str:
    if target != "request_type":
        return f"{text!r} cannot be read as {target}"
    near = difflib.get_close_matches(text.casefold(), _TYPES, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(_TYPES)}"
    return f"{text!r} is no type of request; {hint}"
