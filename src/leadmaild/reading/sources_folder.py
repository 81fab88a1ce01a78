"""Loads source definitions: the packaged set, and the operator's folders on top (the one file here that reads)."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from leadmaild.errors import ConfigError, Problem
from leadmaild.reading.definition_reader import read_definition
from leadmaild.reading.definitions import SourceDefinition, SourceSet


@cache
def packaged_sources() -> SourceSet:
    """Return the packaged definitions, enabled and disabled, by file name."""
    folder = files("leadmaild.reading").joinpath("sources")
    entries = sorted((e for e in folder.iterdir() if e.name.endswith(".toml")), key=lambda e: e.name)
    return SourceSet(tuple(read_definition(e.read_text(encoding="utf-8"), e.name) for e in entries))


def load_sources(folders: tuple[Path, ...] = ()) -> SourceSet:
    """Return the packaged set overridden by the definitions in `folders` (same id overrides, later folders win).

    A definition whose own test fails is refused; one whose test mails are not at hand is taken, and it is left to
    `leadmaild sources check` to say so: the mails of a test are personal and need not lie on the server.
    Raises ConfigError with the problems of every file at once; a folder that does not exist is one of them.
    """
    loaded: list[SourceDefinition] = []
    problems: list[Problem] = []
    for folder in folders:
        if not folder.is_dir():
            problems.append(Problem(str(folder), "is no folder of source definitions"))
            continue
        for path in sorted(folder.glob("*.toml")):
            try:
                definition = read_definition_file(path)
            except ConfigError as error:
                problems.extend(error.problems)
                continue
            loaded.append(definition)
            # Loads the whole of reading, which a gateway without definitions of its own need not wait for.
            from leadmaild.reading.source_check import failures_of_tests

            problems.extend(failures_of_tests(definition, mails_of_tests(definition, folder), path.name))
    if problems:
        raise ConfigError(tuple(problems))
    return packaged_sources().overridden_by(loaded)


def definition_text(source_id: str, folders: tuple[Path, ...] = ()) -> str | None:
    """Return the text of the definition in force for an id, None if there is none. Raises ConfigError as load does."""
    found: str | None = None
    for entry in files("leadmaild.reading").joinpath("sources").iterdir():
        if entry.name == f"{source_id}.toml":
            found = entry.read_text(encoding="utf-8")
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            if read_definition_file(path).id == source_id:
                found = path.read_text(encoding="utf-8")
    return found


def read_definition_file(path: Path) -> SourceDefinition:
    """Return the definition in a file. Raises ConfigError if it cannot be read or is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError((Problem(str(path), f"cannot be read: {error}"),)) from None
    return read_definition(text, path.name)


def mails_of_tests(definition: SourceDefinition, folder: Path) -> dict[str, bytes]:
    """Return the content of the mail files the definition's tests name, as far as they stand in `folder`."""
    found: dict[str, bytes] = {}
    for case in definition.tests:
        path = folder / Path(case.mail).name
        if case.mail and path.is_file():
            found[case.mail] = path.read_bytes()
    return found
