"""What source code says to people: the texts that catalogues should have.

Found by reading the source, so that nothing need be written twice: the words of errors, problems and of
`say`, and what stands in places that are shown as they are (`default_message`, `error=`). What is filled into
an f-string becomes a {name}: `f"Task {task_id} was not found"` is "Task {task_id} was not found", and
`{row['name']}` is `{name}`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

_ERRORS = frozenset(
    {
        "CapabilityDenied", "Conflict", "Forbidden", "HeadersTooLarge", "InvalidRequest", "KernelError",
        "NotFound", "PayloadTooLarge", "PluginDisabled", "PluginFailed", "PreconditionFailed",
        "RangeNotSatisfiable", "RateLimited", "ServiceUnavailable", "Unauthorized", "UnsupportedMediaType",
        "ValidationError",
    }
)  # fmt: skip
_FIRST = {**dict.fromkeys(_ERRORS, 0), "invalid": 1, "Problem": 1}
"""Callables whose argument of this place is a text."""
_SAYING = {"say": (1,), "say_many": (1,), "_write": (2, 3)}
"""`_write` is how letters of the kernel are written."""
_IN_TEMPLATES = re.compile(r"\bsay\(\s*\"([^\"]+)\"")
_NAMED = frozenset({"error", "message"})
_SHOWN = frozenset({"default_message", "default_error_messages", "error_messages"})
_SILENT = frozenset({"CapabilityDenied"})
"""Whose words are for the log."""


FOREIGN = (
    "Field may not be null.",
    "Invalid type.",
    "Invalid value.",
    "Invalid input.",
    "Invalid input type.",
    "Unknown field.",
    "Not a valid URL.",
    "Not a valid boolean.",
    "Not a valid date.",
    "Not a valid datetime.",
    "Not a valid time.",
    "Not a valid email address.",
    "Not a valid integer.",
    "Not a valid list.",
    "Not a valid mapping type.",
    "Not a valid number.",
    "Not a valid string.",
    "Not a valid utf-8 string.",
    "Number too large.",
    "Special numeric values (nan or infinity) are not permitted.",
    "One or more of the choices you made was in: {values}.",
    "One or more of the choices you made was not in: {choices}.",
    "Must be equal to {other}.",
    "Length must be between {min} and {max}.",
    "Length must be {equal}.",
    "Longer than maximum length {max}.",
    "Shorter than minimum length {min}.",
    "String does not match expected pattern.",
    "Must be greater than or equal to {min}.",
    "Must be less than or equal to {max}.",
    "Must be greater than or equal to {min} and less than or equal to {max}.",
    "Must be greater than {min}.",
    "Must be less than {max}.",
    "Missing data for required field.",
)
"""What marshmallow says; the kernel's catalogue has it."""


def said(package: str) -> dict[str, str]:
    """Where a package says what: `{"Task {task_id} was not found": "pronaflow_tasks/service.py:40"}`."""
    folder = Path(str(files(package)))
    found: dict[str, str] = {}
    for path in _sources(package):
        for text, line in _texts(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(text, f"{path.relative_to(folder.parent)}:{line}")
    for path in sorted(folder.rglob("*.jinja")):
        for text in _IN_TEMPLATES.findall(path.read_text(encoding="utf-8")):
            found.setdefault(text, str(path.relative_to(folder.parent)))
    return found


def written(package: str) -> set[str]:
    """Every string that stands in a package's source: what is none of them, nobody says any more."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in _sources(package))
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in nodes if isinstance(node.value, str)}


def _sources(package: str) -> list[Path]:
    found = sorted(Path(str(files(package))).rglob("*.py"))
    return [path for path in found if "migrations" not in path.parts]


def _texts(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The texts of a module, and their lines."""
    yield from _called(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for part in _declared(node):
                text = _template(part)
                if text and " " in text:
                    yield text, part.lineno


def _called(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """What is given to calls, also where a name of the same scope or of the module stands for it."""
    outside = _assigned(tree)
    scopes = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Module)))
    for scope in scopes:
        words = {**outside, **_assigned(scope)}
        parts = (part for node in _own(scope) for part in _parts(node))
        for each in (meant for part in parts for meant in _meant(part, words)):
            text = _template(each)
            if text and " " in text.strip() and any(character.isalpha() for character in text):
                yield text, each.lineno


def _declared(node: ast.Assign) -> Iterator[ast.expr]:
    """What classes say by default: a `default_message`, alone or among others, and tables of messages."""
    target = node.targets[0]
    if isinstance(target, ast.Name) and target.id in _SHOWN:
        yield from (each for each in ast.walk(node.value) if isinstance(each, ast.Constant))
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        names = [each.id for each in target.elts if isinstance(each, ast.Name)]
        if "default_message" in names:
            yield node.value.elts[names.index("default_message")]


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of functions inside it."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef):
            waiting.extend(ast.iter_child_nodes(node))


def _assigned(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """What names of a scope stand for, so far as it is written there: `words = f"..."`."""
    found: dict[str, list[ast.expr]] = {}
    for node in _own(scope):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return found


def _parts(node: ast.AST) -> Iterator[ast.expr]:
    """The arguments of a call that are texts, and what schemas say of unknown keys."""
    if isinstance(node, ast.Dict):
        yield from _parts_of(_by_name(node))
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in _SILENT:
        return
    for place in _SAYING.get(name, ()):
        # Where the language is filled in already (`partial(say, language)`) the text comes first.
        place -= name == "say" and len(node.args) == 1
        yield from node.args[place : place + 1]
    if name in _FIRST:
        yield from node.args[_FIRST[name] : _FIRST[name] + 1]
    if name in _FIRST or name in ("Regexp", "OneOf", "Range", "Length", "Equal", "And", "NoneOf"):
        yield from (keyword.value for keyword in node.keywords if keyword.arg in _NAMED)


def _parts_of(table: dict[str, ast.expr]) -> Iterator[ast.expr]:
    """Texts in a mapping: of a schema's unknown keys, and of a type of notification."""
    if "unknown" in table:
        yield table["unknown"]
    if {"event", "title", "message"} <= table.keys():
        yield from (table[name] for name in ("title", "message", "summary") if name in table)
        reasons = table.get("reasons")
        if isinstance(reasons, ast.Dict):
            yield from reasons.values


def _by_name(node: ast.Dict) -> dict[str, ast.expr]:
    pairs = zip(node.keys, node.values, strict=True)
    return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}


def _meant(part: ast.expr, words: dict[str, list[ast.expr]]) -> Iterator[ast.expr]:
    if isinstance(part, ast.Name):
        yield from (each for each in words.get(part.id, ()) if not isinstance(each, ast.Name))
    elif isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name):
        for table in words.get(part.value.id, ()):
            yield from table.values if isinstance(table, ast.Dict) else ()
    elif isinstance(part, ast.IfExp):
        yield from (part.body, part.orelse)
    elif isinstance(part, ast.BoolOp):
        yield from part.values
    else:
        yield part


def _template(node: ast.expr) -> str | None:
    """A string or f-string as a text with {names}; None for what is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    text, seen = "", set[str]()
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value).replace("{", "{{").replace("}", "}}")
        elif isinstance(part, ast.FormattedValue):
            name = base = _name(part.value)
            number = 2
            while name in seen:
                name, number = f"{base}{number}", number + 1
            seen.add(name)
            text += f"{{{name}}}"
    return text


def _name(node: ast.expr) -> str:
    """A name for what is filled in: the last word of the expression."""
    if isinstance(node, ast.Name):
        return node.id.strip("_").lower() or "value"
    if isinstance(node, ast.Attribute):
        return node.attr.strip("_").lower()
    if isinstance(node, ast.Subscript):
        key = node.slice
        named = key.value if isinstance(key, ast.Constant) else None
        return named if isinstance(named, str) and named.isidentifier() else _name(node.value)
    if isinstance(node, ast.Call):
        return _name(node.args[0]) if node.args else _name(node.func)
    if isinstance(node, ast.Constant):
        return "value"
    return next(
        (_name(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)), "value"
    )
