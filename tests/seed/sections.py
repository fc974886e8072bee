"""State of the sections of the seeds: what is not built yet, and how what is built gets replayed."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

from flask import Flask

from pronaflow_kernel.testing import World

from .case import Case
from .outline import FOLDER, SEEDS, outline
from .shapes import Allowed

Scenario = Mapping[str, Callable[[World], Case]]


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def pending() -> dict[str, str]:
    """Sections that are not built yet, with the sign of those that have no endpoints ("" for the others)."""
    listed = _read("pending.toml")
    return dict.fromkeys(listed["with_endpoints"], "") | listed["with_sign"]


def routes_of(section: str) -> list[str]:
    """Endpoints that a section documents, as "METHOD path"; those of the second seed lie under /v1."""
    items = [item for seed in SEEDS for item in outline(seed) if item.section == section]
    prefix = " /v1/" if section.startswith("proflow/") else " /"
    return [item.endpoint.replace(" /", prefix) for item in items if item.kind == "endpoint"]


def routes_of_app(app: Flask) -> set[str]:
    """Routes of an application as "METHOD path", their parameters without names."""
    rules = ((method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods or ())
    return {f"{method} {re.sub('<[^>]*>', '{}', path)}" for method, path in rules}


def is_built(endpoint: str, routes: Collection[str]) -> bool:
    """Whether an endpoint as the seed writes it is among the routes of an application."""
    return re.sub(r"\{\w+\}", "{}", endpoint) in routes


def allowed() -> dict[str, Allowed]:
    """Departures from the printed examples that endpoints of the first seed are allowed, by endpoint."""
    return {endpoint: Allowed(**places) for endpoint, places in _read("allowed.toml").items()}


def scenario(section: str) -> Scenario:
    """Cases of a section that is built, from its module in ``scenarios/``."""
    name = section.replace("/", "_")
    cases: Scenario = importlib.import_module(f".scenarios.{name}", __package__).CASES
    return cases
