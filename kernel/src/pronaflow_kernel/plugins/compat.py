"""Which plugins another version of the contract would break: those that use what changed, and no others."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from .discovery import Candidate
from .manifest import Manifest
from .markers import PROJECT
from .spec_lock import RETURNS, Lock, compare
from .specs import Spec


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a plugin fares with a version of the contract.

    Arguments:
        plugin_id: whose verdict it is.
        uses: the hooks it implements, with the arguments it takes.
        breaks: what it uses and that version has not, or has otherwise; a sentence each, without its end.
        deprecated: what it uses and that version advises against, likewise.
        in_range: whether that version is within `api` of its manifest; None if that cannot be told.
        unknown: why it cannot be judged; None if it was.
    """

    plugin_id: str
    uses: Mapping[str, Sequence[str]]
    breaks: Sequence[str]
    deprecated: Sequence[str]
    in_range: bool | None
    unknown: str | None


def judge(candidate: Candidate, today: Mapping[str, Spec], target: Lock) -> Verdict:
    """The verdict on an installed plugin; its class is imported, but neither made nor set up.

    Arguments:
        candidate: the plugin.
        today: the kernel's specs that the plugin runs with, or would.
        target: the contract it is to run with.
    """
    manifest = candidate.manifest
    fits = in_range(manifest.api, target.api) if manifest else None
    if candidate.fault is not None or manifest is None:
        return Verdict(candidate.id, {}, (), (), fits, f"{candidate.fault}")
    try:
        found = uses(candidate.entry_point.load())
    except (Exception, SystemExit) as error:
        return Verdict(candidate.id, {}, (), (), fits, f"import: {type(error).__name__}: {error}")
    used = {name: arguments for name, arguments in found.items() if name not in _foreign(manifest)}
    breaks = list(_breaks(used, today, target))
    specs = [target.specs[name] for name in used if name in target.specs]
    deprecated = [words for spec in specs for words in spec.deprecations(used[spec.name])]
    return Verdict(candidate.id, used, breaks, deprecated, fits, None)


def uses(plugin: type[Any]) -> dict[str, tuple[str, ...]]:
    """The hooks that a plugin's class implements, and which arguments each implementation takes."""
    found = {}
    for name in dir(plugin):
        method = inspect.getattr_static(plugin, name)
        if getattr(method, f"{PROJECT}_impl", None) is not None:
            found[name] = tuple(inspect.signature(method).parameters)[1:]
    return found


def in_range(api: str, version: str) -> bool | None:
    """Whether a version is in the range of a manifest; None where the range is none."""
    try:
        return SpecifierSet(api).contains(Version(version), prereleases=True)
    except InvalidSpecifier:
        return None


def _foreign(manifest: Manifest) -> set[str]:
    """The hooks of other plugins that a manifest names; their owners have versions of their own."""
    return {hook.partition(":")[2] for hook in manifest.hooks if ":" in hook}


def _breaks(used: Mapping[str, Sequence[str]], today: Mapping[str, Spec], target: Lock) -> Iterator[str]:
    for change in compare(today, target.specs):
        touched = (*used[change.hook], "", RETURNS) if change.hook in used else ()
        if change.major and change.part in touched:
            yield change.words
    for name, arguments in used.items():
        specs = [each[name] for each in (today, target.specs) if name in each]
        known = {argument.name for spec in specs for argument in spec.arguments}
        if not specs:
            near = get_close_matches(name, target.specs, n=1)
            yield f"{name} is no hook of {target.api}{f'; did you mean {near[0]}?' if near else ''}"
        else:
            lacking = [argument for argument in arguments if argument not in known]
            yield from (f"{name} has no argument {argument} in {target.api}" for argument in lacking)
