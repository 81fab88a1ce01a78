"""Labels by which a portal's mail speaks of the dealer it is written to: `Ihre Rufnummer`, `Uw telefoonnummer`."""

import re
from collections.abc import Sequence

from leadmaild.reading.fields.folding import accents_folded
from leadmaild.reading.labelled import LabelledField

_YOURS = re.compile(r"(?:ihr|dein|euer|eur)(?:e[nrms]?)?\b|(?:your|votre|vos|uw|jouw|il (?:tuo|suo)|la (?:tua|sua))\b")
_CONTACT = ("contact.phone", "contact.fax", "contact.email", "contact.name")


def without_dealers(fields: Sequence[LabelledField]) -> list[LabelledField]:
    """Leave away what a portal's mail calls yours, where it names the customer's beside it or somebody who called.

    Alone, `Ihre Telefonnummer` may be a label the portal copied from the form its visitor filled in.
    """
    named = {f.path for f in fields if not _is_yours(f)}
    return [f for f in fields if not (_is_yours(f) and (f.path in named or "caller" in named))]


def _is_yours(field: LabelledField) -> bool:
    return not field.is_own and field.path in _CONTACT and _YOURS.match(accents_folded(field.label)) is not None
