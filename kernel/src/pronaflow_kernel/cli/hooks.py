"""`pronaflow hooks`: what can be asked of plugins, who answers in which order, and how that goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from .failures import Failure
from .output import emit, json_option, note, table
from .state import config_option, state_of

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..plugins.specs import Spec

WIDTH = 100
"""Letters in a line of prose."""


@click.group()
def hooks() -> None:
    """See the hooks, who implements them and how that goes."""


@hooks.command("list")
@json_option
@config_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the hooks of the kernel and of the plugins that run."""
    specs, kernel = _look(ctx)
    rows = [
        {
            "hook": spec.name,
            "owner": spec.owner,
            "since": spec.since,
            "implementations": len(kernel.hooks.implementations(spec.name)) if kernel else None,
            "deprecated": spec.deprecated,
            "removed_in": spec.removed_in,
        }
        for spec in specs.values()
    ]
    headings = ("HOOK", "OWNER", "SINCE", "IMPLEMENTED BY", "DEPRECATED")
    cells = [(row["hook"], row["owner"], row["since"] or "", _count(row), _deprecated(row)) for row in rows]
    emit(rows, as_json, lambda: table(headings, cells))


@hooks.command()
@click.argument("hook")
@json_option
@config_option
@click.pass_context
def show(ctx: click.Context, hook: str, as_json: bool) -> None:
    """Show what a HOOK is for, who implements it and how that goes.

    Implementations stand in order of call. Calls, failures, times (of 95 percent of the calls, at most) and
    breakers are those of the servers that run.
    """
    specs, kernel = _look(ctx)
    if hook not in specs:
        raise _unknown_hook(hook, specs)
    spec = specs[hook]
    data = {
        **asdict(spec),
        "signature": spec.signature,
        "semantics": asdict(spec.semantics),
        "implementations": _implementations(kernel, hook) if kernel else None,
    }
    emit(data, as_json, lambda: _shown(spec, data))


def _look(ctx: click.Context) -> tuple[Mapping[str, Spec], Kernel | None]:
    """The hooks, and the kernel; without one at least its own hooks."""
    from ..plugins.specs import kernel_specs
    from .installed import assembled

    kernel, words = assembled(state_of(ctx))
    if kernel is not None:
        return kernel.hooks.specs(), kernel
    note(f"Which hooks plugins publish and implement is not known. {words}\n")
    return kernel_specs(), None


def _implementations(kernel: Kernel, hook: str) -> list[dict[str, Any]]:
    from ..system.views import implementation_row
    from .installed import everywhere

    known = everywhere(kernel)
    return [implementation_row(kernel, each, known) for each in kernel.hooks.implementations(hook)]


def _unknown_hook(hook: str, specs: Mapping[str, Spec]) -> Failure:
    near = get_close_matches(hook, specs, n=3)
    if near:
        return Failure(f"There is no hook {hook!r}; did you mean {' or '.join(map(repr, near))}?")
    return Failure(f"There is no hook {hook!r}; pronaflow hooks list lists them")


def _count(row: Mapping[str, Any]) -> str:
    count = row["implementations"]
    return "?" if count is None else f"{count or 'no'} plugin{'s' * (count != 1)}"


def _deprecated(row: Mapping[str, Any]) -> str:
    """Since when a hook is deprecated, what to use instead and until when."""
    gone = f"; goes in {row['removed_in']}" if row["removed_in"] else ""
    return f"{row['deprecated']}{gone}" if row["deprecated"] else ""


def _shown(spec: Spec, data: Mapping[str, Any]) -> str:
    meant = spec.semantics
    lines = [
        ("owner", spec.owner),
        ("since", spec.since),
        ("deprecated", _deprecated(data)),
        *((f"  {each.name}", each.deprecated) for each in spec.arguments if each.deprecated),
        ("asked", meant.asked),
        ("answer", meant.answer),
        ("failure", meant.failure),
    ]
    facts = "\n".join(click.wrap_text(value, WIDTH, f"{key:<12}", 12 * " ") for key, value in lines if value)
    return "\n\n".join([spec.signature, spec.doc, facts, _table(data["implementations"])])


def _table(rows: list[dict[str, Any]] | None) -> str:
    if not rows:
        return "No plugin implements it." if rows is not None else "Who implements it is not known."
    cells = [
        (
            number,
            row["plugin"],
            row["state"],
            row["calls"],
            row["failures"],
            "" if row["p95_ms"] is None else f"{row['p95_ms']:g} ms",
            row["breaker"] or "",
            f"{row['file']}:{row['line']}",
        )
        for number, row in enumerate(rows, 1)
    ]
    text = table(("#", "PLUGIN", "STATE", "CALLS", "FAILURES", "P95", "BREAKER", "WHERE"), cells)
    errors = [f"{row['plugin']} failed last with {row['last_error']}" for row in rows if row["last_error"]]
    return "\n".join([text, *(["", *errors] if errors else [])])
