"""Says where in the settings something stands, in the words an operator knows: `location MUC: hours.mon`."""

from collections.abc import Mapping
from typing import Any

from leadmaild.config.shape import Place

# What names one table of a list.
_NAMED_BY = {
    "location": ("code",),
    "user": ("username",),
    "group": ("location", "name"),
    "imap": ("name",),
    "outbound": ("name",),
    "source": ("id",),
    "completion_reason": ("key",),
}


def toml_path(place: Place, tree: Mapping[str, Any]) -> str:
    """Return the TOML path of a place, with the names of tables instead of their numbers where they have one.

    `("location", 0, "hours", "mon", 1)` is `location MUC: hours.mon[1]`; unnamed, `location[0]: hours.mon[1]`.
    """
    head, rest = "", place
    if len(place) >= 2 and isinstance(place[1], int):
        name = name_of(str(place[0]), value_at(tree, place[:2]))
        head = f"{place[0]} {name}" if name else f"{place[0]}[{place[1]}]"
        rest = place[2:]
    below = _dotted(rest, place[: len(place) - len(rest)], tree)
    return f"{head}: {below}" if head and below else head or below


def _dotted(rest: Place, before: Place, tree: Mapping[str, Any]) -> str:
    text, walked = "", before
    for step in rest:
        walked = (*walked, step)
        if isinstance(step, int):
            name = name_of(str(walked[-2]), value_at(tree, walked))
            text += f"[{name or step}]"
        else:
            text += f".{step}" if text else step
    return text


def name_of(key: str, table: Any) -> str:
    """The name of one table of the list `key`, or "" if it has none."""
    if not isinstance(table, Mapping):
        return ""
    parts = [table.get(part) for part in _NAMED_BY.get(key, ())]
    names = [part for part in parts if isinstance(part, str) and part]
    return "/".join(names) if len(names) == len(parts) else ""


def value_at(tree: Any, place: Place) -> Any:
    """What stands at a place of the tree, or None."""
    for step in place:
        try:
            tree = tree[step]
        except (LookupError, TypeError):
            return None
    return tree
