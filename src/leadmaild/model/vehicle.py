"""The dealer's stock: a read-only copy, matched to what a mail refers to."""

from dataclasses import dataclass
from decimal import Decimal

from leadmaild.model.reading import Prospect


@dataclass(frozen=True, slots=True)
class StockVehicle:
    """One vehicle in stock. `location` is the code of the location it stands at, "" if unknown."""

    internal_number: str
    location: str = ""
    vin: str = ""
    ad_ids: tuple[str, ...] = ()
    make: str = ""
    model: str = ""
    condition: str = ""
    price: Decimal | None = None
    url: str = ""

    @property
    def title(self) -> str:
        """Make and model, as shown to people."""
        return f"{self.make} {self.model}".strip()


def vehicle_key(prospect: Prospect, stock: StockVehicle | None) -> str:
    """By what "the same vehicle" is told (R112): the stock number, else the strongest reference in the mail."""
    if stock is not None:
        return stock.internal_number
    references = prospect.vehicle.references if prospect.vehicle else ()
    return references[0] if references else ""
