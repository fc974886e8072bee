"""`pronaflow plugins compat`: which plugins another version of the hook API would break, before it comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .failures import ExitCode, Failure, unknown_plugin
from .output import emit, json_option, table

if TYPE_CHECKING:
    from ..plugins.compat import Verdict
    from ..plugins.discovery import Candidate
    from ..plugins.spec_lock import Lock

BREAKS, WORKS, KEPT_OUT, UNKNOWN = "breaks", "works", "kept out", "unknown"


@click.command()
@click.argument("plugins", metavar="[PLUGIN...]", nargs=-1)
@click.option(
    "--to",
    metavar="VERSION",
    help="Version of the hook API; by default that of --lock, or this kernel's.",
)
@click.option(
    "--lock",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="hookspecs.lock.json of the other kernel, or its wheel; without it, what this kernel announces.",
)
@json_option
@click.pass_context
def compat(
    ctx: click.Context, plugins: tuple[str, ...], to: str | None, lock: Path | None, as_json: bool
) -> None:
    """Tell which plugins another version of the hook API breaks.

    Only a plugin that implements a hook, or takes an argument, that goes or changes there breaks; then the
    exit code is 1. One that is kept out merely by the range `api` in its manifest needs a new range and
    no new code. Looks at hooks alone, not at what a plugin imports.
    """
    from ..plugins.compat import judge
    from ..plugins.specs import kernel_specs

    target = _target(to, lock)
    verdicts = [(each, judge(each, kernel_specs(), target)) for each in _chosen(plugins)]
    emit(
        [_data(verdict, target.api) for _, verdict in verdicts],
        as_json,
        lambda: _shown(
            [_lines(candidate, verdict, target.api) for candidate, verdict in verdicts], target, lock
        ),
    )
    if any(verdict.breaks for _, verdict in verdicts):
        ctx.exit(ExitCode.FAILED)


def _target(to: str | None, file: Path | None) -> Lock:
    from packaging.version import InvalidVersion, Version

    from ..hookspecs import API_VERSION
    from ..plugins.spec_lock import Lock, LockError, expected, load
    from ..plugins.specs import kernel_specs

    try:
        version = None if to is None else Version(to)
        lock = None if file is None else load(file)
    except InvalidVersion:
        raise click.BadParameter(f"{to!r} is no version such as 2.0", param_hint="--to") from None
    except LockError as error:
        raise Failure(str(error)) from None
    if lock is None:
        return Lock(to or API_VERSION, expected(kernel_specs(), version or Version(API_VERSION)))
    if version not in (None, Version(lock.api)):
        raise Failure(f"{file} is the contract of {lock.api}, not of {to}; leave out --to")
    return lock


def _chosen(plugin_ids: tuple[str, ...]) -> list[Candidate]:
    from ..plugins.discovery import discover

    candidates = discover()
    known = {candidate.id for candidate in candidates}
    for plugin_id in plugin_ids:
        if plugin_id not in known:
            raise unknown_plugin(plugin_id, known)
    return [candidate for candidate in candidates if not plugin_ids or candidate.id in plugin_ids]


def _verdict(verdict: Verdict) -> str:
    if verdict.unknown is not None:
        return UNKNOWN
    if verdict.breaks:
        return BREAKS
    return WORKS if verdict.in_range else KEPT_OUT


def _data(verdict: Verdict, version: str) -> dict[str, Any]:
    return {
        "id": verdict.plugin_id,
        "version": version,
        "verdict": _verdict(verdict),
        "breaks": list(verdict.breaks),
        "deprecated": list(verdict.deprecated),
        "in_range": verdict.in_range,
        "unknown": verdict.unknown,
        "uses": {hook: list(arguments) for hook, arguments in verdict.uses.items()},
    }


def _lines(candidate: Candidate, verdict: Verdict, version: str) -> Iterator[tuple[str, str, str]]:
    """Rows of the table; only the first names plugin and verdict."""
    reasons = [*([verdict.unknown] if verdict.unknown else ()), *verdict.breaks]
    if not verdict.in_range and candidate.manifest is not None:
        wrong = "is no range of versions" if verdict.in_range is None else f"leaves {version} out"
        reasons.append(f"its range, api = {candidate.manifest.api!r}, {wrong}: it will not start")
    reasons += verdict.deprecated
    yield verdict.plugin_id, _verdict(verdict), reasons[0] if reasons else ""
    yield from (("", "", reason) for reason in reasons[1:])


def _shown(rows: list[Iterator[tuple[str, str, str]]], target: Lock, file: Path | None) -> str:
    source = f"as {file} has it" if file else "as far as this kernel knows it"
    lines = table(("PLUGIN", "VERDICT", "WHY"), (line for each in rows for line in each))
    return f"Hook API {target.api}, {source}\n\n{lines}"
