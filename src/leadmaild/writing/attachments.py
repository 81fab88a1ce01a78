"""Files that go with mail to customers: exposé, a fixed file, the header graphic (R5, R100, R108).

An exposé without a vehicle, or one that is not there, never stops a mail.
"""

import mimetypes
from pathlib import Path

from leadmaild.errors import Refused
from leadmaild.model.location import Location
from leadmaild.reading.filenames import safe_filename
from leadmaild.writing.assemble import Enclosure
from leadmaild.writing.cleaning import web_link

LARGEST_FILE = 10 * 1024 * 1024
LARGEST_GRAPHIC = 200 * 1024
_GRAPHIC_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
HEADER_CID = "header"


def expose(location: Location, kind: str, internal_number: str) -> Enclosure | None:
    """Return the exposé of that kind for a vehicle, or None if there is none: `<exposes>/<kind>/<number>.pdf`."""
    if not (location.exposes and is_plain_name(kind) and is_plain_name(internal_number)):
        return None
    content = _read(Path(location.exposes) / kind / f"{internal_number}.pdf", LARGEST_FILE)
    return Enclosure(safe_filename(f"Expose-{internal_number}.pdf"), "application/pdf", content) if content else None


def is_plain_name(text: str) -> bool:
    """Whether this names one thing in a folder: neither a dealer's kind nor a stock list's number may be a path."""
    return bool(text) and not set(text) & set("/\\\0") and not text.startswith(".")


def template_file(source: str) -> Enclosure | None:
    """Return the file a template attaches (`file:<path>`), or None if it cannot be read."""
    path = Path(source.removeprefix("file:"))
    content = _read(path, LARGEST_FILE)
    return Enclosure(safe_filename(path.name), _type_of(path), content) if content else None


def chosen_file(source: str) -> Enclosure:
    """Return the file a seller chose for an answer. Raises Refused if it is gone: he promised it to the customer."""
    found = template_file(source)
    if found is None:
        raise Refused("the file to attach cannot be read, is empty, or is larger than 10 MiB")
    return found


def header_graphic(source: str) -> tuple[str, Enclosure | None]:
    """Return what the page shows as its header graphic, and the file to enclose for it.

    An https address stands as it is; a file (png, jpeg, gif, at most 200 kB) travels with the mail. ("", None) if
    there is none or it cannot be used.
    """
    if source.startswith("https://"):
        return web_link(source), None
    path = Path(source.removeprefix("file:"))
    content_type = _GRAPHIC_TYPES.get(path.suffix.lower())
    content = _read(path, LARGEST_GRAPHIC) if source and content_type else b""
    if not content or content_type is None:
        return "", None
    return f"cid:{HEADER_CID}", Enclosure(safe_filename(path.name), content_type, content, cid=HEADER_CID)


def _read(path: Path, largest: int) -> bytes:
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size <= largest else b""
    except OSError:
        return b""


def _type_of(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"
