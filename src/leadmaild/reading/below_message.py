"""Fields that a form prints right below the message, such as `Inventory Stock: NC-450`."""

from collections.abc import Callable, Sequence

# A customer hardly ends his words with these.
_BELOW_MESSAGE = frozenset(
    (
        "vehicle.internal_number", "vehicle.offer_number", "vehicle.ad_id", "vehicle.url", "source_lead_id",
        "dealer_customer_number", "requested_at",
    )
)  # fmt: skip
# Two of them are a form's beyond doubt, and so is what little it prints after them.
_FEWEST_IN_A_FORM = 2
_MOST_LINES_IN_A_FORM = 8
_LONGEST_LINE_AFTER = 60

Targets = Callable[[str], Sequence[str]]


def without_fields_below(lines: list[str], targets_of: Targets) -> tuple[str, list[tuple[str, str]]]:
    """Return the message without the fields at its end, and these as (label, value); `targets_of` knows labels."""
    end = len(lines)
    while end > 1 and (not lines[end - 1].strip() or _is_below(lines[end - 1], targets_of)):
        end -= 1
    first = next((at for at in range(1, end) if _is_below(lines[at], targets_of)), end)
    rest = [line for line in lines[first:] if line.strip()]
    is_form = (
        sum(_is_below(line, targets_of) for line in rest) >= _FEWEST_IN_A_FORM
        and len(rest) <= _MOST_LINES_IN_A_FORM
        and all(len(line) <= _LONGEST_LINE_AFTER or _is_below(line, targets_of) for line in rest)
    )
    end = first if is_form else end
    below = [(label.strip(), value.strip()) for label, colon, value in (x.partition(":") for x in lines[end:]) if colon]
    return "\n".join(lines[:end]).strip(), below


def _is_below(line: str, targets_of: Targets) -> bool:
    label, colon, value = line.partition(":")
    return bool(colon and value.strip()) and not _BELOW_MESSAGE.isdisjoint(targets_of(label))
