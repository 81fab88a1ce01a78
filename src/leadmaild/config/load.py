"""Loads the settings: files in, Settings out, or a ConfigError with every problem at once. A pure function of files."""

from pathlib import Path

from leadmaild.config.build import group_from, location_from, user_from
from leadmaild.config.checks import problems_across
from leadmaild.config.files import read_files
from leadmaild.config.model import Settings, SettingsFile
from leadmaild.config.not_in_force import not_in_force
from leadmaild.config.on_disk import problems_on_disk
from leadmaild.config.tree import Tree
from leadmaild.config.validation import validated
from leadmaild.config.warnings import warnings_about
from leadmaild.distribution.warnings import warnings_of
from leadmaild.errors import ConfigError
from leadmaild.model.address import parse_address
from leadmaild.model.snapshot import Roster


def load(path: Path) -> Settings:
    """Read and check the settings file at `path` and every file it names.

    Raises ConfigError with all problems, each with its TOML path and file: TOML syntax, unknown keys, wrong values
    (PF65), references that lead nowhere, what a dealer may not set (R30), secrets that cannot be used (BI-80).
    """
    return checked(read_files(path.absolute()))


def salvaged(path: Path) -> Settings:
    """What can still be used of files that are wrong, so that `status` can look at a daemon that runs on the old ones.

    That is the process part; the locations, users and groups of such settings are not there.
    """
    tree = read_files(path.absolute())
    return Settings(tree.main, validated(tree))


def checked(tree: Tree) -> Settings:
    """Return the settings a tree describes. Raises ConfigError with all its problems."""
    file = validated(tree)
    told = {problem.path for problem in tree.problems}
    for place, message in (*problems_across(file), *problems_on_disk(file)):
        problem = tree.problem(place, message)
        # What is wrong in itself was dropped; that it is missing now is no news.
        if problem.path not in told:
            tree.problems.append(problem)
    if tree.problems:
        raise ConfigError(tuple(tree.problems))
    return _settings(tree, file)


def _settings(tree: Tree, file: SettingsFile) -> Settings:
    locations = {table.code: location_from(table, file.retention) for table in file.location}
    users = {table.username: user_from(table) for table in file.user}
    groups = tuple(group_from(table, locations[table.location].language) for table in file.group)
    roster = Roster(users, groups=groups)
    return Settings(
        path=tree.main,
        written=file,
        locations=locations,
        users=users,
        groups=groups,
        own_addresses=_own_addresses(file),
        warnings=(
            *(tree.problem(place, message) for place, message in warnings_about(file)),
            *(problem for location in locations.values() for problem in warnings_of(location, roster)),
        ),
        not_in_force=tuple(tree.problem(place, message) for place, message in not_in_force(tree.root)),
    )


def _own_addresses(file: SettingsFile) -> frozenset[str]:
    ours = {file.gateway.postmaster, *(user.email for user in file.user)}
    ours |= {a for table in file.location for a in (table.mailbox, *table.aliases)}
    return frozenset(address.normal for text in ours if (address := parse_address(text)))
