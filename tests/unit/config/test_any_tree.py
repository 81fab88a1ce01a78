"""Whatever stands in the files: settings or a ConfigError, never another exception."""

import copy
import tomllib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.config.anchoring import anchor, anchor_defaults
from leadmaild.config.dealer_files import merge_dealer_file
from leadmaild.config.load import checked
from leadmaild.config.tree import Tree
from leadmaild.errors import ConfigError
from leadmaild.shipped import shipped

FOLDER = Path("/nonexistent")
EXAMPLE = tomllib.loads(shipped("config/example.toml").read_text("utf-8"))

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=8)
    | st.sampled_from(["", "0", "2h", "file:x", "file:", "env:X", "MUC", "09:00-18:00", "a@b.example", "{app_url}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "en", "mon", "x"]), inner),
    max_leaves=6,
)  # fmt: skip


def places(value, at=()):
    yield at
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*at, key))


PLACES = [place for place in places(EXAMPLE) if place]


def with_changes(changes):
    root = copy.deepcopy(EXAMPLE)
    for place, value in changes:
        table = root
        try:
            for step in place[:-1]:
                table = table[step]
            table[place[-1]] = value
        except (LookupError, TypeError):
            continue  # an earlier change took this place away
    return root


wild_roots = st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=4).map(with_changes)


def told(tree):
    """Load the tree; the problems if it is refused."""
    try:
        checked(tree)
    except ConfigError as error:
        return list(map(str, error.problems)) or ["refused without a reason"]
    return []


@settings(max_examples=60, deadline=None)
@given(wild_roots)
def test_any_settings_load_or_are_refused_with_problems_each_told_once(root):
    anchor(root, FOLDER)
    anchor_defaults(root, FOLDER)
    problems = told(Tree(FOLDER / "leadmaild.toml", root))
    assert sorted(set(problems)) == sorted(problems)
    assert "refused without a reason" not in problems


@settings(max_examples=40, deadline=None)
@given(wild_roots, wild_roots)
def test_any_dealer_file_is_merged_or_refused(root, dealers):
    anchor(root, FOLDER)
    anchor(dealers, FOLDER / "dealers.d")
    tree = Tree(FOLDER / "leadmaild.toml", root)
    merge_dealer_file(tree, FOLDER / "dealers.d/x.toml", dealers)
    anchor_defaults(tree.root, FOLDER)
    problems = told(tree)
    assert sorted(set(problems)) == sorted(problems)
    assert "refused without a reason" not in problems
