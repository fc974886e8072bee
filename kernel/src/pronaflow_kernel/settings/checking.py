"""Checks entries against the dataclasses of `schema`, with marshmallow schemas built from their annotations.

Only `load()` imports this module, because marshmallow takes longer to import than the rest of the settings.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from marshmallow import Schema, ValidationError, fields, validate

from .problems import Problem
from .schema import keys
from .sources import Entries, Entry, Name, Text, dotted, variable

Shape = Mapping[str, type | None]
"""The dataclass of each section by name, `""` for the top level; None where the content is carried unread."""

_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True}
_BOOLEANS |= {"false": False, "no": False, "off": False, "0": False}


class _TextField(fields.String):
    """Text; empty text is None where None is allowed, since neither TOML nor the environment can say None."""

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return super().deserialize(None if value == "" and self.allow_none else value, *args, **kwargs)


class _PathField(_TextField):
    """A path, given as text or as a path."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return value if isinstance(value, Path) else Path(super()._deserialize(value, *args, **kwargs))


class _TupleField(fields.List[Any]):
    """A list that cannot change."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(value, *args, **kwargs))


def check_section(cls: Any) -> None:
    """Raise TypeError where a section is no dataclass or has an annotation that settings cannot have."""
    if not (isinstance(cls, type) and is_dataclass(cls)):
        raise TypeError(f"a section of the settings is a dataclass, not {cls!r}")
    _schema(cls)


def check(entries: Entries, shape: Shape, problems: list[Problem]) -> dict[Name, Any]:
    """The valid values among `entries` of one source, converted; everything else goes to `problems`."""
    known = {(section, key) for section, cls in shape.items() if cls for key in keys(cls)}
    carried = {section for section, cls in shape.items() if cls is None}
    values = {name: entry.value for name, entry in entries.items() if name[0] in carried and name[1]}
    for name, entry in entries.items():
        if name not in known and name[0] not in carried:
            problems.extend(_unknown(name, entry, shape, known))
    for section, cls in shape.items():
        given = {key: entries[section, key] for key in keys(cls) if (section, key) in entries} if cls else {}
        if cls and given:
            values |= _checked(section, cls, given, problems)
    return values


def _checked(section: str, cls: type, given: Mapping[str, Entry], problems: list[Problem]) -> dict[Name, Any]:
    kinds = get_type_hints(cls)
    data = {key: _typed(entry.value, kinds[key]) for key, entry in given.items()}
    try:
        valid: Any = _schema(cls)(partial=True).load(data)
    except ValidationError as error:
        valid = error.valid_data
        for key, found in error.messages_dict.items():
            name = dotted((section, key))
            problems.extend(Problem(given[key].where, name, message) for message in _sentences(found))
    return {(section, key): value for key, value in valid.items()}


def _sentences(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for index, inner in found.items():
            yield from (f"item {index + 1} {message}" for message in _sentences(inner))
    else:
        yield from found


def _unknown(name: Name, entry: Entry, shape: Shape, known: set[Name]) -> Iterator[Problem]:
    section, key = name
    if entry.origin == "file" and not key and section in shape:
        return  # an empty section is no mistake
    nearest = _nearest(name, known)
    if not section and key in shape:
        message = f"is a section, not a value: write [{key}]"
    elif nearest:
        hint = variable(nearest) if entry.origin == "environment" else dotted(nearest)
        message = f"is not a setting; did you mean {hint}?"
    else:
        message = "is not a setting" if section in shape else "belongs to no plugin that is installed"
    yield Problem(entry.where, dotted(name), message)


def _nearest(name: Name, known: set[Name]) -> Name | None:
    by_text = {dotted(other): other for other in sorted(known)}
    close = difflib.get_close_matches(dotted(name), by_text, n=1, cutoff=0.7)
    namesakes = [other for other in known if other[1] == name[1]]
    if close:
        return by_text[close[0]]
    return namesakes[0] if len(namesakes) == 1 else None


def _typed(value: Any, kind: Any) -> Any:
    """What a `Text` says, read as `kind` where it can be; anything else as it is."""
    if not isinstance(value, Text):
        return value
    base, optional = _unwrapped(kind)
    if optional and not value:
        return None
    if get_origin(base) is tuple:
        parts = [part.strip() for part in value.replace("\n", ",").split(",")]
        return [_typed(Text(part), get_args(base)[0]) for part in parts if part]
    if base is bool:
        return _BOOLEANS.get(value.strip().lower(), value)
    if base in (int, float):
        try:
            return base(value)
        except ValueError:
            return value
    return str(value)


def _unwrapped(kind: Any) -> tuple[Any, bool]:
    """The kind without `| None`, and whether that was there."""
    if get_origin(kind) in (types.UnionType, Union):
        inner = [part for part in get_args(kind) if part is not type(None)]
        if len(inner) == 1:
            return inner[0], True
    return kind, False


def _schema(cls: type) -> type[Schema]:
    kinds = get_type_hints(cls)
    built = {}
    for key, field in keys(cls).items():
        try:
            built[key] = _field(kinds[key], field.metadata)
        except TypeError as error:
            raise TypeError(f"{cls.__name__}.{key}: {error}") from error
    return Schema.from_dict(built, name=cls.__name__)


def _field(kind: Any, rules: Mapping[str, Any]) -> fields.Field[Any]:
    base, optional = _unwrapped(kind)
    common: dict[str, Any] = {"allow_none": optional, "validate": list(_validators(rules))}
    if base is bool:
        return fields.Boolean(truthy={True}, falsy={False}, **_saying("must be true or false"), **common)
    if base is int:
        return fields.Integer(strict=True, **_saying("must be a whole number"), **common)
    if base is float:
        return fields.Float(**_saying("must be a number"), **common)
    if base is str:
        return _TextField(**_saying("must be text"), **common)
    if base is Path:
        return _PathField(**_saying("must be a path"), **common)
    if get_origin(base) is Literal:
        common["validate"] = validate.OneOf(get_args(base), error="must be one of: {choices}")
        return _TextField(**_saying("must be one of: " + ", ".join(get_args(base))), **common)
    if get_origin(base) is tuple and get_args(base)[1:] == (...,):
        return _TupleField(_field(get_args(base)[0], rules), allow_none=optional, **_saying("must be a list"))
    raise TypeError(
        f"{kind} cannot be set; use bool, int, float, str, Path, Literal, tuple[T, ...] or | None"
    )


def _saying(message: str) -> dict[str, Any]:
    return {"error_messages": dict.fromkeys(("invalid", "null"), message)}


def _validators(rules: Mapping[str, Any]) -> Iterator[Callable[[Any], Any]]:
    least, most, asked = rules.get("least"), rules.get("most"), rules.get("check")
    if least is not None:
        yield validate.Range(min=least, error=f"must be at least {least}")
    if most is not None:
        yield validate.Range(max=most, error=f"must be at most {most}")
    if asked is not None:
        yield _validator(asked)


def _validator(asked: Callable[[Any], object]) -> Callable[[Any], None]:
    def ask(value: Any) -> None:
        try:
            asked(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    return ask
