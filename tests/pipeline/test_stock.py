"""The stock in the database: taken over whole, found by every name a mail may use."""

from datetime import timedelta

import pytest

from leadmaild.commands.stock import import_stock
from leadmaild.errors import Refused
from leadmaild.model.reading import VehicleText
from leadmaild.model.vehicle import StockVehicle
from tests.pipeline.steps import MONDAY_10

pytestmark = pytest.mark.asyncio


def car(number: str, **fields) -> StockVehicle:
    return StockVehicle(**({"internal_number": number, "location": "MUC", "make": "VW", "model": "Golf"} | fields))


async def take(bench, *cars, after=timedelta(0)):
    return await import_stock(bench.gateway.database, cars, MONDAY_10 + after)


async def match(bench, **fields):
    async with bench.gateway.database.view() as tx:
        found = await tx.stock.match(VehicleText(**fields))
    return found.internal_number if found else None


@pytest.mark.rule("R55")
async def test_a_vehicle_is_found_by_number_ad_vin_and_url(bench):
    await take(bench, car("A 17", vin="WVWZZZ1KZ9W000001", ad_ids=("4711",), url="https://cars.example/17"), car("B 2"))

    assert await match(bench, internal_number="a17") == "A 17"
    assert await match(bench, ad_id="4711") == "A 17"
    assert await match(bench, vin="wvwzzz1kz9w000001") == "A 17"
    assert await match(bench, url="https://cars.example/17") == "A 17"
    assert await match(bench, internal_number="a17", ad_id="b2") == "A 17"
    assert await match(bench, internal_number="A17", offer_number="B2") is None


async def test_an_import_replaces_the_list_of_its_locations_only(bench):
    await take(bench, car("1"), car("2"), car("9", location="AUG"))
    done = await take(bench, car("2", price=None, ad_ids=("5",)), car("3"), after=timedelta(hours=1))

    assert (done.written, done.removed) == (2, 1)
    async with bench.gateway.database.view() as tx:
        assert [one.internal_number for one in await tx.stock.listed()] == ["2", "3", "9"]
        assert [one.internal_number for one in await tx.stock.listed(location="AUG")] == ["9"]
    assert await match(bench, internal_number="1") is None
    with pytest.raises(Refused, match="no vehicles"):
        await take(bench)


async def test_a_long_list_is_taken_over_in_batches(bench):
    batches = []
    cars = tuple(car(f"N{number}", ad_ids=(f"AD{number}",)) for number in range(5_000))
    done = await import_stock(bench.gateway.database, cars, MONDAY_10, batches.append)

    assert (done.written, sum(batches), max(batches)) == (5_000, 5_000, 1_000)
    assert await match(bench, ad_id="AD4999") == "N4999"
