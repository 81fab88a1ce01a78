"""What tests of retention start from: time goes by, leads are closed, and what is kept is looked at."""

from datetime import timedelta

from leadmaild.commands.reactions import close_lead
from leadmaild.pipeline.retention import plan

DAY = timedelta(days=1)


async def clean(bench) -> None:
    while await bench.gateway.retention.step():
        pass


async def planned(bench) -> dict[str, int]:
    async with bench.gateway.database.view() as tx:
        due = await plan(tx, bench.gateway.world.settings, bench.clock.now())
    return {str(span.kept): count for span, count in due}


async def close(bench, number: int) -> None:
    gateway = bench.gateway
    await close_lead(gateway.database, gateway.world.settings, number, "sold", "mueller", bench.clock.now())


async def kept_mails(bench) -> list[bool]:
    async with bench.gateway.database.view() as tx:
        return [(await tx.journal_changes.standing(line.id))[1] for line in await bench.journal()]


async def raw_outgoing(bench, *kinds: str) -> list[bool]:
    async with bench.gateway.database.view() as tx:
        return [(await tx.listings.queue_item(line.id)).raw is not None for line in await bench.queue(*kinds)]
