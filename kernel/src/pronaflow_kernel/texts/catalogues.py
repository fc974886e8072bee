"""Catalogues of translations: `<package>/locale/<language>.po`, as gettext writes them, read by Babel.

    msgid "Task {task_id} was not found"
    msgstr "Không tìm thấy công việc {task_id}"

A file `vi_VN.po` translates what its own package says; `de_DE.tasks.po` in a plugin that brings a language
translates what the plugin `tasks` says. What is marked fuzzy is not used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

_NAME = re.compile(r"(?P<language>[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?)(\.(?P<owner>[a-z][a-z0-9_]*))?")


class CatalogueError(Exception):
    """A catalogue cannot be used; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one owner in one language.

    Arguments:
        language: BCP-47 tag.
        texts: translation by English text.
        plurals: translations for the language's plural forms, by English singular.
        form: from a number to which of these counts.
        owner: whose texts they are, where the file says so.
        path: of the file.
    """

    language: str
    texts: Mapping[str, str]
    plurals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    form: Callable[[int], int] = lambda number: 0
    owner: str | None = None
    path: str = ""


def catalogues(package: str) -> Iterator[Catalogue]:
    """The catalogues of a package; none where it has no folder `locale`.

    Raises:
        CatalogueError: a file is called or written wrongly, or a translation names a value that its English
            text does not have.
    """
    folder = Path(str(files(package).joinpath("locale")))
    for path in sorted(folder.glob("*.po")):
        yield _read(path, path.stat().st_mtime_ns)


def names_in(text: str) -> set[str]:
    """Names of the values that a text is filled with.

    Raises:
        ValueError: its braces do not pair.
    """
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> Catalogue:
    """A catalogue; once a file and state of it, as tests start many servers."""
    from babel.messages.pofile import PoFileError, read_po  # a tenth of a second that few commands need

    named = _NAME.fullmatch(path.stem)
    if named is None:
        raise CatalogueError(f"{path}: must be called after a language, such as vi_VN.po")
    try:
        with path.open(encoding="utf-8") as stream:
            found: Any = read_po(stream, locale=named["language"], ignore_obsolete=True, abort_invalid=True)
    except PoFileError as error:
        raise CatalogueError(f"{path}:{error.lineno + 1}: {str(error).rpartition(' on ')[0]}") from error
    except (ValueError, LookupError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for message in found:
        if not message.id or message.fuzzy:
            continue
        several = isinstance(message.id, tuple)
        said = tuple(message.string) if several else (message.string,)
        english = message.id[0] if several else message.id
        if all(said):
            _check(path, message.lineno, message.id if several else (english,), said)
            if several:
                plurals[english] = said
            else:
                texts[english] = said[0]
    language = named["language"].replace("_", "-")
    return Catalogue(language, texts, plurals, _form(found), named["owner"], str(path))


def _form(found: Any) -> Callable[[int], int]:
    from gettext import c2py  # what gettext itself reads the header with

    chosen: Callable[[int], int] = c2py(found.plural_expr)
    return chosen


def _check(path: Path, line: int, english: tuple[str, ...], said: tuple[str, ...]) -> None:
    try:
        known = set().union(*(names_in(text) for text in english))
        if odd := sorted(name for name in known if not name.isidentifier()):
            raise ValueError(f"{', '.join(odd) or '{}'} is no name of a value")
        strange = set().union(*(names_in(text) for text in said)) - known
    except ValueError as error:
        raise CatalogueError(f"{path}:{line}: {error}") from error
    if strange:
        raise CatalogueError(
            f"{path}:{line}: the translation names {', '.join(sorted(strange))}, which the English text lacks"
        )
