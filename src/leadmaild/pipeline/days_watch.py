"""Notices days off that people set while the daemon runs (`calendar import`), and has the world made anew with them:
then the timers are recomputed like after any change of settings (PF45)."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from leadmaild.model.location import SetDays
from leadmaild.pipeline.world import World
from leadmaild.ports.stores import Database

EVERY = timedelta(seconds=15)


class DaysWatch:
    """Looks at the days set in the database; another process writes them."""

    def __init__(
        self, database: Database, world: Callable[[], World], take_over: Callable[[Mapping[str, SetDays]], None]
    ) -> None:
        self._database = database
        self._world = world
        self._take_over = take_over

    async def step(self) -> bool:
        """Look once; never more to do at once."""
        async with self._database.view() as tx:
            days = await tx.calendar.days()
        if days != self._world().days:
            self._take_over(days)
        return False
