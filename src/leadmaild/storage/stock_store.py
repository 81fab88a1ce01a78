"""The stock: found by internal number, ad id, VIN or URL, in that order."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, insert, or_, select, tuple_

from leadmaild.model.reading import VehicleText
from leadmaild.model.vehicle import StockVehicle
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import stock_reference, stock_vehicle


def normal_reference(value: str) -> str:
    """The form in which references are compared: case-folded, without blanks."""
    return "".join(value.split()).casefold()


# Made once, as the other statements that every mail needs: what they ask for goes in as parameters.
_REFERRED_TO = select(stock_reference.c.internal_number).where(
    tuple_(stock_reference.c.kind, stock_reference.c.value).in_(bindparam("wanted", expanding=True))
)


class StockStore:
    """Finds stock vehicles within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def match(self, text: VehicleText) -> StockVehicle | None:
        """The one vehicle the references fit; two different ones are none."""
        wanted = [(kind, normal_reference(v)) for kind, values in _references(text) for v in values if v]
        if not wanted:
            return None
        found = set((await self._connection.execute(_REFERRED_TO, {"wanted": wanted})).scalars())
        return await self.by_number(found.pop()) if len(found) == 1 else None

    async def by_number(self, internal_number: str) -> StockVehicle | None:
        """The vehicle of that internal number."""
        row = (
            await self._connection.execute(
                select(stock_vehicle).where(stock_vehicle.c.internal_number == internal_number)
            )
        ).first()
        return None if row is None else _vehicle_of(row)

    async def listed(
        self, *, location: str | None = None, text: str | None = None, limit: int | None = None
    ) -> tuple[StockVehicle, ...]:
        """Vehicles by internal number; `text` is looked for in number, make, model and VIN."""
        statement = select(stock_vehicle).order_by(stock_vehicle.c.internal_number).limit(limit)
        if location is not None:
            statement = statement.where(stock_vehicle.c.location == location)
        if text:
            columns = (
                stock_vehicle.c.internal_number,
                stock_vehicle.c.make,
                stock_vehicle.c.model,
                stock_vehicle.c.vin,
            )
            statement = statement.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
        return tuple(_vehicle_of(row) for row in await self._connection.execute(statement))

    async def put(self, vehicles: Sequence[StockVehicle], now: datetime) -> None:
        """Write vehicles with everything they may be called by, in place of those of the same internal number."""
        numbers = [vehicle.internal_number for vehicle in vehicles]
        await self._forget(stock_vehicle.c.internal_number.in_(numbers))
        await self._connection.execute(insert(stock_vehicle), [_row_of(vehicle, now) for vehicle in vehicles])
        references = [
            {"kind": kind, "value": value, "internal_number": vehicle.internal_number}
            for vehicle in vehicles
            for kind, value in sorted(_names_of(vehicle))
        ]
        await self._connection.execute(insert(stock_reference), references)

    async def remove_older(self, locations: Collection[str], now: datetime) -> int:
        """Remove the vehicles of these locations that were not written at `now`; return how many."""
        return await self._forget(stock_vehicle.c.location.in_(locations), stock_vehicle.c.imported_at < now)

    async def _forget(self, *conditions: ColumnElement[bool]) -> int:
        gone = select(stock_vehicle.c.internal_number).where(*conditions)
        await self._connection.execute(delete(stock_reference).where(stock_reference.c.internal_number.in_(gone)))
        return (await self._connection.execute(delete(stock_vehicle).where(*conditions))).rowcount


def _vehicle_of(row: Row[Any]) -> StockVehicle:
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


def _row_of(vehicle: StockVehicle, now: datetime) -> dict[str, Any]:
    return {field.name: getattr(vehicle, field.name) for field in fields(vehicle)} | {
        "ad_ids": list(vehicle.ad_ids),
        "imported_at": now,
    }


def _names_of(vehicle: StockVehicle) -> set[tuple[str, str]]:
    """By what the vehicle may be called in a mail; longer ones than the column holds are called by nobody."""
    names = [("internal_number", vehicle.internal_number), ("vin", vehicle.vin), ("url", vehicle.url)]
    names += [("ad_id", ad_id) for ad_id in vehicle.ad_ids]
    return {(kind, normal) for kind, name in names if (normal := normal_reference(name)) and len(normal) <= 255}


def _references(text: VehicleText) -> Iterable[tuple[str, tuple[str | None, ...]]]:
    return (
        ("internal_number", (text.internal_number, text.offer_number)),
        ("ad_id", (text.ad_id, text.offer_number)),
        ("vin", (text.vin,)),
        ("url", (text.url,)),
    )
