"""Mails in the making, and their reading by the packaged definitions."""

from leadmaild.model.reading import Prospect, Reading
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definitions import SourceSet
from leadmaild.reading.read import read
from leadmaild.reading.sources_folder import packaged_sources


def mail(body: str, *, sender: str = "Lead <leads@provider.example>", subject: str = "Lead", **headers: str) -> bytes:
    """A mail with this body; `headers` by name, `_` for `-`."""
    lines = [f"From: {sender}", "To: autohaus@dein.example", f"Subject: {subject}", "Message-ID: <1@provider.example>"]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named.setdefault("Content-Type", "text/plain; charset=utf-8")
    lines += [f"{name}: {value}" for name, value in named.items()]
    return ("\n".join(lines) + "\n\n" + body).encode()


def html(body: str, **kwargs: str) -> bytes:
    """The same as an HTML mail."""
    return mail(f"<html><body>{body}</body></html>", Content_Type="text/html; charset=utf-8", **kwargs)


def reading_of(raw: bytes, *, sources: SourceSet | None = None, context: ReadingContext | None = None) -> Reading:
    """Read by the packaged definitions unless told otherwise."""
    return read(raw, context or ReadingContext(), sources if sources is not None else packaged_sources())


def prospect_of(raw: bytes, **kwargs: object) -> Prospect:
    """The one prospect of a mail."""
    found = reading_of(raw, **kwargs).prospects
    assert len(found) == 1
    return found[0]
