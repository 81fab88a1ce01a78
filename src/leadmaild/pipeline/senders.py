"""Who really sent a mail (AR-14): checked by us where we are the MX, else as the dealer's own server says."""

from collections.abc import Callable
from dataclasses import replace

from leadmaild.authentication.head import head_of
from leadmaild.authentication.reported import reported
from leadmaild.model.authentication import UNKNOWN, Authentication
from leadmaild.model.envelope import Envelope
from leadmaild.model.location import Location
from leadmaild.model.work import JournalEntry
from leadmaild.pipeline.world import World
from leadmaild.ports import SenderCheck


class Senders:
    """Finds out who sent a mail, and remembers it with the mail."""

    def __init__(self, check: Callable[[], SenderCheck]) -> None:
        self._check = check

    async def looked_up(self, entry: JournalEntry, world: World) -> JournalEntry:
        """The entry with the verdict on its sender.

        A mail that is read again keeps the verdict of the day it came, keys and addresses change, unless DNS did not
        answer then.
        """
        if entry.envelope.is_from_anywhere and _is_settled(entry.authentication):
            return entry
        location = world.settings.locations.get(entry.location)
        found = await self.authentication(entry.envelope, entry.content, location, world)
        return replace(entry, envelope=replace(entry.envelope, sender_verdict=found.verdict), authentication=found)

    async def authentication(
        self, envelope: Envelope, content: bytes, location: Location | None, world: World
    ) -> Authentication:
        """What is known of the sender of a mail for `location`."""
        if envelope.is_from_anywhere:
            return await self._check().check(envelope, content, location.forwarders if location else ())
        authserv_id = world.authserv_id(envelope)
        return reported(head_of(content), authserv_id) if authserv_id else UNKNOWN


def _is_settled(known: Authentication) -> bool:
    return bool(known.evidence) and not any("temperror" in line for line in known.evidence)
