"""Taking what a plugin brings: its answers to the `provide_*` hooks, checked for what they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import click
import flask
from sqlalchemy import MetaData

from .access.permissions import Permission
from .attribution import deferral
from .events.types import EventType, Subscriber
from .health import HealthCheck
from .jobs.types import JobType
from .persistence.base import check_tables
from .plugins.base import Plugin
from .plugins.hooks import Hooks
from .plugins.lifecycle import Contribution, PluginFault
from .records.resources import Resource
from .web.blueprint import Blueprint
from .web.formats import ErrorFormat

_ITEMS: dict[str, type[Any]] = {
    "permissions": Permission,
    "resources": Resource,
    "event_types": EventType,
    "subscribers": Subscriber,
    "jobs": JobType,
    "blueprints": flask.Blueprint,
    "commands": click.Command,
    "health_checks": HealthCheck,
}
"""What the sequences are made of."""

_SINGLE: dict[str, type[Any]] = {"models": MetaData, "error_format": ErrorFormat}

ASKED = tuple(f.name for f in fields(Contribution) if f.name not in ("plugin", "hookspecs"))
"""The kinds of things in the order in which they are asked for."""


def contributed(hooks: Hooks, plugin_id: str, plugin: Plugin, kind: str) -> Any:
    """The answer to `provide_<kind>`; None where the plugin has none.

    Raises:
        PluginFault: it is not made of what it must be made of.
        ModelError: a table breaks a rule of the house.
    """
    answer = hooks.provide(plugin_id, f"provide_{kind}")
    if answer is None:
        return None
    if kind in _SINGLE:
        _demand(kind, answer, _SINGLE[kind])
    elif kind == "services":
        _demand(kind, answer, Mapping)
    else:
        _demand(kind, answer, Sequence)
        for item in answer:
            _demand(kind, item, _ITEMS[kind])
    if kind == "models":
        check_tables(plugin_id, answer)
    if kind == "subscribers":
        _check_names("subscribers", answer)
        _check_running("subscriber", {each.name: each.run for each in answer})
    if kind == "jobs":
        _check_names("jobs", answer)
        _check_running("job", {each.name: each.run for each in answer})
        _check_schedules(answer)
    if kind == "health_checks":
        _check_running("health check", {each.name: each.probe for each in answer})
    return answer


def check_blueprint(
    plugin_id: str, blueprint: Any, permissions: Mapping[str, Any], resources: Mapping[str, Any]
) -> None:
    """Every route declares a permission that exists (architecture.md 4).

    Raises:
        PluginFault: one does not, or its target is no resource type.
    """
    if not isinstance(blueprint, Blueprint) or len(blueprint.declared) != len(blueprint.deferred_functions):
        name = getattr(blueprint, "name", blueprint)
        raise PluginFault(
            f"blueprint {name!r} has a route without a declared permission: "
            "use pronaflow_kernel.api.Blueprint and its endpoint()"
        )
    if blueprint.plugin_id != plugin_id:
        raise PluginFault(f"blueprint {blueprint.name!r} is made for the plugin {blueprint.plugin_id!r}")
    for name, route in blueprint.declared.items():
        if route.permission != "public" and route.permission not in permissions:
            raise PluginFault(f"route {name} demands {route.permission!r}, which nobody provides")
        if route.fresh is not None and (route.permission == "public" or route.fresh < 1):
            raise PluginFault(
                f"route {name} has fresh={route.fresh}: say seconds, and only where people sign in"
            )
        named = route.target.names if route.target.kind is None else ()
        for resource, _ in named:
            if resource != "workspace" and resource not in resources:
                raise PluginFault(f"route {name} is aimed at {resource!r}, which is no resource type")
            within = route.target.within
            if within is not None and within not in resources[resource].model.__table__.c:
                raise PluginFault(
                    f"route {name} is aimed within {within!r}, which {resource!r} has no column for"
                )


def _demand(kind: str, value: Any, wanted: type[Any]) -> None:
    if not isinstance(value, wanted) or isinstance(value, (str, bytes)):
        raise PluginFault(f"provide_{kind} answers {type(value).__name__} where {wanted.__name__} must be")


def _check_running(what: str, functions: Mapping[str, Any]) -> None:
    for name, function in functions.items():
        if words := deferral(function):
            raise PluginFault(f"{what} {name} {words}")


def _check_names(what: str, works: Sequence[Subscriber | JobType]) -> None:
    names = [work.name for work in works]
    if double := sorted({name for name in names if names.count(name) > 1}):
        raise PluginFault(f"two {what} are called {', '.join(double)}")


def _check_schedules(jobs: Sequence[JobType]) -> None:
    for job in jobs:
        for schedule in job.schedules:
            problems = [*schedule.problems().values()]
            if wrong := job.problems(schedule.args):
                problems.append(f"Its arguments are not those of the job: {wrong}.")
            if problems:
                raise PluginFault(f"the schedule of the job {job.name}: {' '.join(problems)}")
