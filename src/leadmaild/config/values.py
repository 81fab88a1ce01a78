"""The kinds of value a settings key may have, as pydantic types; each says in words what is right when it is wrong."""

import re
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PlainValidator, StrictBool, StrictInt

from leadmaild.config.durations import parse_duration, parse_size
from leadmaild.config.secrets import Secret, parse_secret
from leadmaild.model.address import ascii_of, parse_address
from leadmaild.model.location import MINUTES_A_DAY, Window

Owner = Literal["operator", "dealer"]
# How a value that names a file is written: a plain path, a database URL, or a reference that begins with `file:`.
PathKind = Literal["path", "database", "reference"]


def setting(
    default: Any = ...,
    what: str = "",
    *,
    owner: Owner = "operator",
    rule: str = "",
    path: PathKind | None = None,
    name: str | None = None,
) -> Any:
    """Declare a settings key: its default, what it is in one line, who may set it (R30), and the rule behind it.

    The default is written as it would stand in the file; without one the key is required. `path` marks values whose
    relative paths count from the folder of the file they stand in; `name` is the key in the file where that is a
    Python keyword.
    """
    extra: dict[str, Any] = {"owner": owner, "rule": rule, "path": path}
    return Field(default, alias=name, description=what, json_schema_extra=extra)  # fmt: skip


# --- numbers, switches, spans ---------------------------------------------------------------------------------------

Flag = StrictBool
Count = Annotated[StrictInt, Field(ge=0)]
AtLeastOne = Annotated[StrictInt, Field(ge=1)]
Port = Annotated[StrictInt, Field(ge=1, le=65535)]
Duration = Annotated[timedelta, PlainValidator(parse_duration)]
Size = Annotated[int, PlainValidator(parse_size)]


def _duration_or_none(text: object) -> timedelta | None:
    return None if text in ("", None) else parse_duration(text)


# "" = off, or kept for ever: stored as None, never as 0 (R23).
OptionalDuration = Annotated[timedelta | None, PlainValidator(_duration_or_none)]

# --- names, addresses, URLs -----------------------------------------------------------------------------------------


def _or_empty(check: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: check(text) if text else text


def _address(text: str) -> str:
    address = parse_address(text)
    if address is None:
        raise ValueError(f'"{text}" is not an e-mail address; write local@domain')
    return str(address)


def _domain(text: str) -> str:
    name = ascii_of(text)
    if name is None or "." not in name:
        raise ValueError(f'"{text}" is not a domain; write it like "autohaus.example"')
    return name


def _host(text: str) -> str:
    name = ascii_of(text)
    if name is None and not is_ip(text):
        raise ValueError(f'"{text}" is not a host name or an IP address')
    return text if name is None else name


def _dkim_selector(text: str) -> str:
    name = ascii_of(text)
    if name is None:
        raise ValueError(f'"{text}" is not a selector; write a short name such as "leadmaild"')
    return name


def is_ip(text: str) -> bool:
    """Whether `text` is an IP address."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return "/" not in text


def _own_hostname(text: str) -> str:
    name = ascii_of(text)
    if name is None:
        raise ValueError(f'"{text}" is not a host name')
    if name == "localhost" or name.endswith((".localhost", ".localdomain")):
        raise ValueError(f'"{text}" says nothing to other mail servers; write the name that resolves to this machine')
    return name


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or any(c.isspace() for c in text):
        raise ValueError(f'"{text}" is not a URL; write it like "https://app.example.net"')
    return text.rstrip("/")


def _code(text: str) -> str:
    if not re.fullmatch(r"\w[\w.@+-]*", text):
        raise ValueError(f'"{text}" is not a short name; use letters and digits, and ". _ - + @" between them')
    return text


def _name(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("is not a name; write one line that is not empty")
    return text


def _holiday_region(text: str) -> str:
    if not text:
        return text
    import holidays  # here, because it takes a while to load and few settings need it

    country, _, subdivision = text.partition("-")
    supported = holidays.list_supported_countries()
    if country not in supported or (subdivision and subdivision not in supported[country]):
        raise ValueError(f'"{text}" is not a region with known public holidays; write it like "DE" or "DE-BY"')
    return text


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{text}" is not a time zone; write it like "Europe/Berlin"') from None
    return text


# ISO 639-1, so that a mistyped key below [location.template] is not taken for a language.
_CODES = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
    es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg
    ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn
    no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta
    te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_LANGUAGES = frozenset(_CODES.split())


def _language(text: str) -> str:
    if text not in _LANGUAGES:
        raise ValueError(f'"{text}" is not a language; write two letters such as "de" or "en"')
    return text


def is_language(text: str) -> bool:
    """Whether `text` is an ISO 639-1 code."""
    return text in _LANGUAGES


AddressText = Annotated[str, AfterValidator(_address)]
OptionalAddress = Annotated[str, AfterValidator(_or_empty(_address))]
Domain = Annotated[str, AfterValidator(_domain)]
OptionalHost = Annotated[str, AfterValidator(_or_empty(_host))]
DkimSelector = Annotated[str, AfterValidator(_or_empty(_dkim_selector))]
OwnHostname = Annotated[str, AfterValidator(_or_empty(_own_hostname))]
OptionalUrl = Annotated[str, AfterValidator(_or_empty(_url))]
Code = Annotated[str, AfterValidator(_code)]
Name = Annotated[str, AfterValidator(_name)]
HolidayRegion = Annotated[str, AfterValidator(_holiday_region)]
Timezone = Annotated[str, AfterValidator(_timezone)]
Language = Annotated[str, AfterValidator(_language)]
SecretText = Annotated[Secret, PlainValidator(parse_secret)]


def pattern_with(*names: str) -> Callable[[str], str]:
    """Return a check that a text has only these names in braces."""

    def check(text: str) -> str:
        try:
            used = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text)]
        except ValueError:
            raise ValueError("has a brace that is not closed") from None
        for name, spec, conversion in used:
            if name is not None and (name not in names or spec or conversion):
                known = ", ".join(f"{{{known}}}" for known in names)
                raise ValueError(f"knows no {{{name}}}; it may use {known}")
        return text

    return check


# --- files, databases -----------------------------------------------------------------------------------------------


def _path_or_none(text: object) -> Path | None:
    if not isinstance(text, str) or "\0" in text:
        raise ValueError("is not a path")
    return Path(text) if text else None


OptionalPath = Annotated[Path | None, PlainValidator(_path_or_none)]

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgresql+psycopg://")


def _database(text: str) -> str:
    if (text.startswith(_SQLITE) and len(text) > len(_SQLITE)) or (
        text.startswith(_POSTGRES) and not text.endswith("://")
    ):
        return text
    raise ValueError('is not a database URL; write "sqlite:///var/leadmaild.db" or "postgresql://user@host/database"')


DatabaseUrl = Annotated[str, AfterValidator(_database)]


def anchored(text: str, kind: PathKind, folder: Path) -> str:
    """Return a settings value with its path made absolute, counted from `folder` (the folder of the file it is in)."""
    before, path = "", text
    if kind == "database":
        before, path = (_SQLITE, text.removeprefix(_SQLITE)) if text.startswith(_SQLITE) else ("", "")
    elif kind == "reference":
        before, path = ("file:", text.removeprefix("file:")) if text.startswith("file:") else ("", "")
    return f"{before}{folder / path}" if path else text


# --- opening hours --------------------------------------------------------------------------------------------------

_WINDOW = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})", re.ASCII)


def parse_window(text: object) -> Window:
    """Return the half-open window in `text`, such as `09:00-18:00`; 24:00 may be an end (R8, R10, PF42).

    Raises ValueError for anything else, a window without length, and one over midnight.
    """
    match = _WINDOW.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f'"{text}" is not a window; write it like "09:00-18:00"')
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if start_minute > 59 or end_minute > 59 or start >= MINUTES_A_DAY or end > MINUTES_A_DAY:
        raise ValueError(f'"{text}" is not a time of the day; it goes from 00:00 to 24:00')
    if start == end:
        raise ValueError(f'"{text}" has no length; a whole day is "00:00-24:00"')
    if start > end:
        raise ValueError(f'"{text}" goes over midnight; end it at 24:00 and begin the next day at 00:00')
    return Window(start, end)


WindowText = Annotated[Window, PlainValidator(parse_window)]
