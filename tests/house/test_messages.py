"""Every error that can be raised has its sentence, and every sentence can be filled in."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector import errors, messages
from tests.house.source import modules, name, tree

KINDS = {
    kind for kind, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.InspectorError)
}


def raised() -> Iterator[tuple[Path, int, str, set[str] | None]]:
    """(module, line, code, parameter names or None where they are computed) of every error made in the package."""
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS and node.args:
                for code in _constants(node.args[0]):
                    given = {keyword.arg for keyword in node.keywords}
                    yield path, node.lineno, code, None if None in given else {item for item in given if item}


def _constants(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return _constants(node.body) + _constants(node.orelse)
    return []


def placeholders(text: str) -> set[str]:
    return {field.split(".")[0].split("[")[0] for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize(
    ("path", "line", "code", "given"),
    [pytest.param(*item, id=f"{name(item[0])}:{item[1]}:{item[2]}") for item in raised()],
)
def test_every_error_has_a_sentence_it_can_fill(path: Path, line: int, code: str, given: set[str] | None) -> None:
    assert code in messages.ERRORS, f"{name(path)}:{line} raises {code}, which has no sentence"
    if given is not None:
        missing = placeholders(messages.ERRORS[code]) - given
        assert not missing, f"{name(path)}:{line}: the sentence of {code} needs {missing}"


def string_constants() -> set[str]:
    return {
        node.value
        for path in modules()
        if path.name != "messages.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_no_sentence_is_left_over() -> None:
    unused = set(messages.ERRORS) - string_constants()
    assert not unused


def test_no_stage_is_left_over() -> None:
    unused = set(messages.STAGES) - string_constants()
    assert not unused


@pytest.mark.parametrize("code", messages.ERRORS)
def test_sentences_end_properly(code: str) -> None:
    text = messages.ERRORS[code]
    assert text[0].isupper() or text[0] == "{"
    assert text.endswith((".", "?"))
