"""What is set for people at run time: absences and flags (R72, R74, R145). One transaction each, each change in the
settings log (R183)."""

from datetime import datetime

from leadmaild.config.model import Settings
from leadmaild.distribution.pool import is_pool_user
from leadmaild.errors import NotFound, Refused
from leadmaild.model.user import Absence, User
from leadmaild.ports.stores import Database, Transaction

FLAGS = ("receives_leads", "assignable")


async def enter_absence(database: Database, settings: Settings, absence: Absence, who: str, now: datetime) -> None:
    """Enter that a user is away (R145). Raises NotFound for an unknown user, Refused for a span or representative that
    makes no sense and for a pool account, which stands for nobody (R71)."""
    user = _user(settings, absence.username)
    if absence.end <= absence.start:
        raise Refused("the absence ends before it begins")
    if absence.end <= now:
        raise Refused("the absence is over")
    if any(is_pool_user(user.username, location) for location in settings.locations.values()):
        raise Refused(f"{user.username} is a pool account and cannot be absent (R71)")
    if absence.representative == user.username:
        raise Refused("nobody stands in for himself")
    if absence.representative:
        _user(settings, absence.representative)
    async with database.transaction() as tx:
        await tx.people.add_absence(absence)
        await _log(tx, settings, user, "absence", None, _shown(absence), who, now)
        await tx.commit()


async def end_absences(database: Database, settings: Settings, username: str, who: str, now: datetime) -> int:
    """The user is present: running absences end now, planned ones are taken back. Returns how many there were."""
    user = _user(settings, username)
    async with database.transaction() as tx:
        ended = await tx.people.end_absences(username, now)
        for absence in ended:
            await _log(tx, settings, user, "absence", _shown(absence), None, who, now)
        await tx.commit()
    return len(ended)


async def set_flags(
    database: Database, settings: Settings, username: str, flags: dict[str, bool], who: str, now: datetime
) -> None:
    """Set flags of a user at run time; they hold until `reset_flags` or until the file's value changes (R72)."""
    user = _user(settings, username)
    async with database.transaction() as tx:
        before = (await tx.people.users(settings.users))[username]
        for key, value in flags.items():
            await tx.people.set_flag(username, key, value, file_value=getattr(user, key), now=now)
            await _log(tx, settings, user, key, _yes_no(getattr(before, key)), _yes_no(value), who, now)
        await tx.commit()


async def reset_flags(database: Database, settings: Settings, username: str, who: str, now: datetime) -> None:
    """What the file says about the user holds again (R72)."""
    user = _user(settings, username)
    async with database.transaction() as tx:
        before = (await tx.people.users(settings.users))[username]
        await tx.people.reset_flags(username)
        for key in FLAGS:
            old, new = _yes_no(getattr(before, key)), _yes_no(getattr(user, key))
            if old != new:
                await _log(tx, settings, user, key, old, new, who, now)
        await tx.commit()


def _user(settings: Settings, username: str) -> User:
    user = settings.users.get(username)
    if user is None:
        raise NotFound(f'there is no user "{username}"; the settings have: {", ".join(settings.users) or "none"}')
    return user


async def _log(
    tx: Transaction, settings: Settings, user: User, key: str, old: str | None, new: str | None, who: str, now: datetime
) -> None:
    home = next((code for code in user.locations if code in settings.locations), "")
    await tx.installation.log_setting(who, home, f"user {user.username}: {key}", old, new, now)


def _shown(absence: Absence) -> str:
    stands_in = f", representative {absence.representative}" if absence.representative else ""
    return f"{absence.start.isoformat()} to {absence.end.isoformat()}{stands_in}"


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
