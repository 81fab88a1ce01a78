"""What a person does with the suppression list (AR-24)."""

from datetime import datetime

from leadmaild.errors import NotFound, Refused
from leadmaild.model.address import parse_address
from leadmaild.model.privacy import Suppressed, SuppressionReason
from leadmaild.ports.stores import Database


def address_of(text: str) -> str:
    """The normal form of an address. Raises Refused for what is none."""
    address = parse_address(text)
    if address is None:
        raise Refused(f'"{text}" is not an e-mail address')
    return address.normal


async def list_suppressed(
    database: Database, key: bytes, address: str | None = None, limit: int | None = None
) -> tuple[Suppressed, ...]:
    """The list, newest first; of one address its line, if it has one."""
    async with database.view() as tx:
        if address is None:
            return await tx.suppression.listed(limit)
        return tuple((await tx.suppression.standing([address], key)).values())


async def suppress(database: Database, key: bytes, address: str, reason: SuppressionReason, now: datetime) -> None:
    """Put an address on the list; one that is on it keeps its line."""
    async with database.transaction() as tx:
        await tx.suppression.add(address, key, reason, now)
        await tx.commit()


async def unsuppress(database: Database, key: bytes, address: str) -> None:
    """Take an address off the list. Raises NotFound if it is not on it."""
    async with database.transaction() as tx:
        if not await tx.suppression.remove(address, key):
            raise NotFound(f"{address} is not on the suppression list")
        await tx.commit()
