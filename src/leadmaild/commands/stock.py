"""The dealer's stock as a copy of his export: each import puts the new list in place of the old."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from leadmaild.errors import Refused
from leadmaild.model.vehicle import StockVehicle
from leadmaild.ports.stores import Database

# One transaction holds so many vehicles, so that mail that comes in meanwhile need not wait.
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Imported:
    """How many vehicles were written, and how many of the same locations were not in the list any more."""

    written: int
    removed: int


async def import_stock(
    database: Database, vehicles: Sequence[StockVehicle], now: datetime, done: Callable[[int], None] = lambda _n: None
) -> Imported:
    """Take the list over; vehicles of its locations that are not in it are gone. `done` hears of each batch.

    Leads keep the number of a vehicle that is gone. Raises Refused for an empty list, which is a mistake of an export.
    """
    if not vehicles:
        raise Refused("the file has no vehicles; the stock stays as it is")
    for start in range(0, len(vehicles), BATCH):
        batch = vehicles[start : start + BATCH]
        async with database.transaction() as tx:
            await tx.stock.put(batch, now)
            await tx.commit()
        done(len(batch))
    async with database.transaction() as tx:
        removed = await tx.stock.remove_older({vehicle.location for vehicle in vehicles}, now)
        await tx.commit()
    return Imported(len(vehicles), removed)
