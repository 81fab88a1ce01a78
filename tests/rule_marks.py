"""Which test carries which number: read from the `@pytest.mark.rule("R35")` marks in the source, without running it."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
_NUMBER = re.compile(r"(?:R|PF|Q)\d+|(?:BI|AR|SP)-\d\d[a-z]?")
_COMPUTED = "computed"


def marked_tests(root: Path = TESTS) -> dict[str, list[str]]:
    """Each number with the tests that carry it, as `unit/config/test_find.py::test_name`, in the order of the files."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(root.rglob("test_*.py")):
        where = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_text("utf-8"))
        of_module = [number for node in tree.body if _is_pytestmark(node) for number in _numbers_in(node)]
        for name, numbers in _tests_of(tree.body, of_module):
            # A mark made from a table takes its number from there: every number the file names may be one.
            computed = _numbers_named_in(tree) if _COMPUTED in numbers else []
            for number in dict.fromkeys([n for n in (*numbers, *computed) if n != _COMPUTED]):
                found[number].append(f"{where}::{name}")
    for path in sorted(root.glob("dialogues/*.smtp")):
        for number in _numbers_of_dialogue(path):
            found[number].append(f"dialogues/{path.name}")
    return dict(found)


def _numbers_of_dialogue(path: Path) -> list[str]:
    lines = [line for line in path.read_text("utf-8").splitlines() if line.startswith("@rule")]
    return [word for line in lines for word in line.split()[1:] if _NUMBER.fullmatch(word)]


def _numbers_named_in(tree: ast.Module) -> list[str]:
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [text for text in texts if _NUMBER.fullmatch(text)]


def _tests_of(body: list[ast.stmt], inherited: list[str]) -> Iterator[tuple[str, list[str]]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            own = [number for decorator in node.decorator_list for number in _numbers_in(decorator)]
            yield from _tests_of(node.body, inherited + own)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            own = [number for decorator in node.decorator_list for number in _numbers_in(decorator)]
            yield node.name, inherited + own


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets)


def _numbers_in(node: ast.AST) -> Iterator[str]:
    """The arguments of every `pytest.mark.rule(...)` below a node, those of single parameters included."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "rule":
            for argument in call.args:
                is_plain = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                yield argument.value if is_plain else _COMPUTED
