"""The stock: found by internal number, ad id, VIN or URL, in that order."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from leadmaild.model.reading import VehicleText
from leadmaild.model.vehicle import StockVehicle
from leadmaild.storage.schema import stock_reference, stock_vehicle


def normal_reference(value: str) -> str:
    """The form in which references are compared: case-folded, without blanks."""
    return "".join(value.split()).casefold()


class StockStore:
    """Finds stock vehicles within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def match(self, text: VehicleText) -> tuple[StockVehicle | None, int]:
        """The one vehicle the references fit, and how many they fit in all; two different ones are none."""
        found: set[str] = set()
        for kind, values in _references(text):
            wanted = [normal_reference(v) for v in values if v]
            if not wanted:
                continue
            rows = await self._connection.execute(
                select(stock_reference.c.internal_number).where(
                    stock_reference.c.kind == kind, stock_reference.c.value.in_(wanted)
                )
            )
            found.update(rows.scalars())
        if len(found) != 1:
            return None, len(found)
        return await self.by_number(found.pop()), 1

    async def by_number(self, internal_number: str) -> StockVehicle | None:
        """The vehicle of that internal number."""
        row = (
            await self._connection.execute(
                select(stock_vehicle).where(stock_vehicle.c.internal_number == internal_number)
            )
        ).first()
        if row is None:
            return None
        return StockVehicle(
            internal_number=row.internal_number,
            location=row.location,
            vin=row.vin,
            ad_ids=tuple(row.ad_ids),
            make=row.make,
            model=row.model,
            condition=row.condition,
            price=row.price,
            url=row.url,
        )


def _references(text: VehicleText) -> Iterable[tuple[str, tuple[str | None, ...]]]:
    return (
        ("internal_number", (text.internal_number, text.offer_number)),
        ("ad_id", (text.ad_id, text.offer_number)),
        ("vin", (text.vin,)),
        ("url", (text.url,)),
    )
