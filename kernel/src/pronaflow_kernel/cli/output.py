"""What commands print: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """Give a command that prints data the flag `--json`, as its argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)


def emit(data: Any, as_json: bool, text: str | Callable[[], str]) -> None:
    """Print a result.

    Arguments:
        data: what `--json` prints; anything JSON cannot hold is printed as `str` shows it.
        as_json: the flag.
        text: the same for people, or what makes it.
    """
    if as_json:
        import json

        click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))
    else:
        click.echo(text if isinstance(text, str) else text())


def note(text: str) -> None:
    """Tell a person something that is not part of the result."""
    click.echo(text, err=True)


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as text in columns that line up; the last column may be of any length."""
    lines = [[str(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings) - 1)]
    return "\n".join("  ".join([*map(str.ljust, line, widths), line[-1]]).rstrip() for line in lines)


def progress(label: str, length: int) -> AbstractContextManager[ProgressBar[Any]]:
    """A progress bar on a terminal, and nothing at all elsewhere.

        with progress("Importing", len(rows)) as bar:
            for row in rows:
                ...
                bar.update(1)

    Arguments:
        label: what is being done.
        length: how many steps it takes.
    """
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())
