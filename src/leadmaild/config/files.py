"""Reads the settings files and puts them together: the main file, what it includes, then what dealers set (R30)."""

import tomllib
from collections.abc import Iterator
from glob import has_magic
from pathlib import Path

from leadmaild.config.anchoring import anchor, anchor_defaults
from leadmaild.config.dealer_files import merge_dealer_file
from leadmaild.config.tree import TomlTable, Tree
from leadmaild.errors import Problem


def read_files(path: Path) -> Tree:
    """Read the main file at `path` and all files it names. Never raises for what files hold or lack."""
    tree = Tree(path)
    tree.root = _parsed(tree, path)
    for file in _files_named_by(tree, "include"):
        _include(tree, file, _parsed(tree, file))
    for file in _files_named_by(tree, "dealer_files"):
        merge_dealer_file(tree, file, _parsed(tree, file))
    anchor_defaults(tree.root, path.parent)
    return tree


def _parsed(tree: Tree, file: Path) -> TomlTable:
    """The table a file holds, its paths made absolute; an empty one, and a problem, if it cannot be read."""
    where = tree.shown(file)
    try:
        table = tomllib.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        tree.problems.append(Problem("", f"{where} cannot be read: {error.strerror}"))
    except UnicodeDecodeError:
        tree.problems.append(Problem("", f"{where} is not UTF-8 text"))
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError, numbers too long, brackets too deep
        tree.problems.append(Problem("", f"{where} is not valid TOML: {error}"))
    else:
        anchor(table, file.parent)
        return table
    return {}


def _files_named_by(tree: Tree, key: str) -> Iterator[Path]:
    """The files a list of patterns names, in order, each once; the main file is never one of them."""
    patterns = tree.root.get(key, [])
    seen = {tree.main}
    for position, pattern in enumerate(patterns if isinstance(patterns, list) else ()):
        if not isinstance(pattern, str) or not pattern:
            continue  # the model says what is right
        found = _matches(tree.main.parent, pattern)
        if not found and not has_magic(pattern):
            tree.complain((key, position), f"there is no file {pattern}")
        for file in found:
            if file not in seen:
                seen.add(file)
                yield file


def _matches(folder: Path, pattern: str) -> list[Path]:
    wanted = Path(pattern)
    if wanted.is_absolute():
        folder, wanted = Path(wanted.anchor), wanted.relative_to(wanted.anchor)
    return sorted(file for file in folder.glob(str(wanted)) if file.is_file())


def _include(tree: Tree, file: Path, table: TomlTable) -> None:
    """Add an included file: lists of tables grow, tables grow key by key."""
    for key in ("include", "dealer_files"):
        if key in table:
            tree.complain((key,), "only the main file names further files", file)
            del table[key]
    lists = {key: value for key, value in table.items() if isinstance(value, list)}
    for key, items in lists.items():
        there = tree.root.setdefault(key, [])
        if isinstance(there, list):
            tree.append(file, (key,), there, items)
    tree.merge(file, (), tree.root, {key: value for key, value in table.items() if key not in lists})
