"""Finds what is wrong with the e-mail templates while settings are loaded, before a customer can see it (PF57)."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from leadmaild.config.model import Settings
from leadmaild.errors import ConfigError, Problem
from leadmaild.model.location import Location, TemplateBlocks
from leadmaild.model.user import Group
from leadmaild.writing.attachments import LARGEST_FILE, LARGEST_GRAPHIC, header_graphic, is_plain_name
from leadmaild.writing.blocks import LARGEST_PROSE, block_faults
from leadmaild.writing.customer_mail import BANNER_COLOR
from leadmaild.writing.templates import Templates

_PROSE = ("intro", "autoresponder_footer", "general_footer", "answer_intro")


def check_templates(settings: Settings) -> tuple[Problem, ...]:
    """Check the templates of the settings and the operator's template folder; there are no warnings to return.

    Raises ConfigError with every fault.
    """
    problems = [
        problem for location in settings.locations.values() for problem in template_problems(location, settings.groups)
    ]
    try:
        Templates(str(settings.gateway.templates or ""))
    except ConfigError as error:
        problems += error.problems
    if problems:
        raise ConfigError(tuple(problems))
    return ()


def template_problems(location: Location, groups: Iterable[Group] = ()) -> tuple[Problem, ...]:
    """Return every fault in the templates of a location and of its groups, each with where it stands.

    Found are unknown placeholders, template syntax, blocks too large for a small mail, banner colours that are none,
    header graphics and attachments that cannot be read, exposés without a folder to take them from.
    """
    owners = [(f"location {location.code}", location.templates)]
    owners += [(f"group {g.location}/{g.name}", g.templates) for g in groups if g.location == location.code]
    return tuple(
        Problem(f"{owner}: {_table(language, location)}.{key}", message)
        for owner, templates in owners
        for language, blocks in templates.items()
        for key, message in _faults(blocks, location)
    )


def _table(language: str, location: Location) -> str:
    return "template" if language == location.language else f"template.{language}"


def _faults(blocks: TemplateBlocks, location: Location) -> Iterator[tuple[str, str]]:
    for key in ("subject", *_PROSE):
        for fault in block_faults(getattr(blocks, key) or ""):
            yield key, fault
    if sum(len((getattr(blocks, key) or "").encode()) for key in _PROSE) > LARGEST_PROSE:
        yield "intro", f"intro and footers together are larger than {LARGEST_PROSE // 1024} kB"
    if blocks.banner_color and not BANNER_COLOR.fullmatch(blocks.banner_color.strip()):
        yield "banner_color", f"{blocks.banner_color!r} is no colour; write it as #1f3a5f"
    if blocks.header_image and not header_graphic(blocks.header_image.strip())[0]:
        size = LARGEST_GRAPHIC // 1024
        yield "header_image", f"must be an https address, or a png, jpeg or gif file of at most {size} kB"
    yield from _attachment_faults((blocks.attach or "none").strip(), location)


def _attachment_faults(attach: str, location: Location) -> Iterator[tuple[str, str]]:
    scheme, colon, value = attach.partition(":")
    if attach in ("", "none"):
        return
    if not colon or scheme not in ("expose", "file") or not value.strip():
        yield "attach", f"{attach!r} is none of: none, expose:<kind>, file:<path>"
    elif scheme == "expose" and not location.exposes:
        yield "attach", "the location names no folder of exposés (`exposes`)"
    elif scheme == "expose" and not is_plain_name(value.strip()):
        yield "attach", f"{value.strip()!r} is no name of a folder"
    elif scheme == "file" and not _is_fit(Path(value)):
        yield "attach", f"{value} cannot be read, is empty, or is larger than {LARGEST_FILE // 1024 // 1024} MiB"


def _is_fit(path: Path) -> bool:
    try:
        return path.is_file() and 0 < path.stat().st_size <= LARGEST_FILE
    except OSError:
        return False
