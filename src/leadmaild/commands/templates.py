"""A test mail of a template, to the person who asks for it (R109)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from leadmaild.config.model import Settings
from leadmaild.errors import NotFound, Refused
from leadmaild.model.decision import Intent, MailKind, Recipient, Role
from leadmaild.model.user import Group
from leadmaild.model.work import OutboxOrigin
from leadmaild.ports.stores import Database


@dataclass(frozen=True, slots=True)
class TemplateTest:
    """What a test mail shows: the autoresponse of a location, or of one of its groups, in a language ("": the
    location's own), with the facts of a lead where one is named and stand-ins for the rest."""

    location: str
    group: str = ""
    language: str = ""
    lead: int | None = None

    @staticmethod
    def of(location: str, details: Mapping[str, str]) -> "TemplateTest":
        """The test that an outbox row of `location` with these details stands for."""
        number = details.get("of_lead")
        return TemplateTest(
            location, details.get("group", ""), details.get("language", ""), int(number) if number else None
        )

    def details(self) -> dict[str, str]:
        """What the outbox row keeps of it."""
        return {"group": self.group, "language": self.language, "of_lead": str(self.lead or "")}


def group_of(settings: Settings, test: TemplateTest) -> Group | None:
    """The group whose template is tested. Raises NotFound for a location or group that does not exist."""
    location = settings.location(test.location)
    if not test.group:
        return None
    groups = {group.name: group for group in settings.groups if group.location == location.code}
    if test.group not in groups:
        raise NotFound(f'{location.code} has no group "{test.group}"; it has: {", ".join(groups) or "none"}')
    return groups[test.group]


async def queue_template_test(
    database: Database, settings: Settings, test: TemplateTest, username: str, cause: str, now: datetime
) -> int:
    """Queue a test mail to that user; no lead is made. The queue id.

    It leaves like any other mail: in tracking mode too, but not while the location sends none (R53). Raises NotFound,
    or Refused for a user without an address.
    """
    group_of(settings, test)
    location = settings.location(test.location)
    user = settings.users.get(username)
    if user is None:
        raise NotFound(f'there is no user "{username}"')
    if not user.email:
        raise Refused(f"{username} has no address to send a test mail to")
    intent = Intent(MailKind.TEMPLATE_TEST, Recipient(Role.ADDRESS, user.email), now, f"test mail for {username}")
    origin = OutboxOrigin(f"command:{cause}", location.code, settings.sender_mailbox(location))
    async with database.transaction() as tx:
        if test.lead is not None and await tx.leads.by_number(test.lead) is None:
            raise NotFound(f"there is no lead {test.lead}")
        queue_id = await tx.outbox.add(intent, origin, now, test.details())
        await tx.commit()
    if queue_id is None:
        raise Refused("this very test mail was queued already")
    return queue_id
