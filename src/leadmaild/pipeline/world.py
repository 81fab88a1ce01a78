"""The world as the steps take it: the settings in force, and what the installation knows of itself. Replaced whole at
a reload, so that a change applies at one instant (PF64)."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from leadmaild.config.model import Settings
from leadmaild.model.authentication import UNKNOWN, Authentication
from leadmaild.model.envelope import Channel, Envelope
from leadmaild.model.location import Location, SetDays
from leadmaild.model.work import JournalEntry
from leadmaild.pipeline.directory import Directory
from leadmaild.reading.context import ReadingContext


@dataclass(frozen=True, slots=True)
class World:
    """One set of settings with what follows from it. The first of `token_keys` signs, all verify.

    `settings` are those of the files with the days off that people have set since (R10).
    """

    settings: Settings
    files: Settings
    token_keys: tuple[bytes, ...]
    directory: Directory
    learning_since: Mapping[str, datetime]
    days: Mapping[str, SetDays]

    @staticmethod
    def of(
        settings: Settings,
        token_keys: Sequence[bytes],
        learning_since: Mapping[str, datetime] | None = None,
        days: Mapping[str, SetDays] | None = None,
    ) -> "World":
        """The world these settings make."""
        keys, days = tuple(token_keys), days or {}
        directory = Directory(settings.locations, keys)
        return World(settings.with_days(days), settings, keys, directory, learning_since or {}, days)

    def with_days(self, days: Mapping[str, SetDays]) -> "World":
        """The same world after people have set other days off."""
        return World.of(self.files, self.token_keys, self.learning_since, days)

    def at_home(self, entry: JournalEntry) -> JournalEntry:
        """The entry at the location it is for today: where it came in, else the one that has its mailbox now. As it
        was if neither is in the settings any more."""
        if entry.location in self.settings.locations:
            return entry
        destination = self.directory.find(entry.mailbox)
        return entry if destination is None else replace(entry, location=destination.location)

    @property
    def loop_mark(self) -> str:
        """The value of our X-Leadmaild-Loop: the same for all nodes of the installation, unknown to others (AR-11)."""
        return hmac.new(self.token_keys[-1], b"loop", sha256).hexdigest()[:24]

    @property
    def suppression_key(self) -> bytes:
        """The key under which suppressed addresses are remembered (R181)."""
        return hmac.new(self.token_keys[-1], b"suppression", sha256).digest()

    def learning_until(self, location: Location) -> datetime | None:
        """Until when the location's autoresponder only records its answers (AR-28)."""
        since = self.learning_since.get(location.code)
        return since + location.autoresponse.learning if since and location.autoresponse.learning else None

    def authserv_id(self, envelope: Envelope) -> str:
        """Whose Authentication-Results are believed in this mail; "" = nobody's, nor where we are the MX (AR-14)."""
        if envelope.is_from_anywhere:
            return ""
        if envelope.channel is Channel.IMAP:
            return next((box.authserv_id for box in self.settings.imap if box.name == envelope.peer), "")
        return self.settings.smtp.authserv_id

    def reading_context(
        self, location: Location, envelope: Envelope, authentication: Authentication = UNKNOWN
    ) -> ReadingContext:
        """What reading may know about the surroundings of a mail for `location`."""
        form = location.source("website_form")
        return ReadingContext(
            reverse_path=envelope.reverse_path,
            recipient=envelope.forward_paths[0] if envelope.forward_paths else location.mailbox,
            aliases=location.mailboxes,
            channel=envelope.channel,
            own_domains=self.directory.own_domains,
            forwarders=location.forwarders,
            form_domains=form.from_domains,
            loop_mark=self.loop_mark,
            language=location.language,
            authentication=authentication,
            trusts_spam_marks=not envelope.is_from_anywhere,
            disabled_sources=frozenset(s.id for s in location.sources.values() if not s.enabled),
        )
