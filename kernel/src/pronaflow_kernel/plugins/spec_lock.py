"""The contract of a version in a file, and what has changed between two.

`hookspecs.lock.json` beside `hookspecs.py` is the contract of this kernel; it lies in the wheel, so that
`pronaflow plugins compat --lock` can look at another kernel without installing it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from packaging.version import InvalidVersion, Version

from .specs import KERNEL, Argument, Spec, deprecated_since

LOCK = Path(__file__).parents[1] / "hookspecs.lock.json"
"""Where the contract of this kernel lies."""

RETURNS, ORDER = "return", "*"
"""Parts of a hook that are no argument."""


class LockError(ValueError):
    """A file holds no contract; the message says why."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The contract of one version.

    Arguments:
        api: the version.
        specs: hooks by name; without their docstrings if it comes from a file.
    """

    api: str
    specs: Mapping[str, Spec]


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between two contracts.

    Arguments:
        kind: `added` (a hook), `appended` (an argument), `deprecated`, `removed`, `changed`.
        hook: its name.
        part: name of an argument, `RETURNS`, `ORDER`, or empty for the whole hook.
        words: the difference as a sentence without its end.
    """

    kind: str
    hook: str
    part: str
    words: str

    @property
    def major(self) -> bool:
        """Whether it may break an implementation of the hook."""
        return self.kind in ("removed", "changed")


def compare(old: Mapping[str, Spec], new: Mapping[str, Spec]) -> list[Change]:
    """What differs between two contracts, by hook."""
    return [change for name in sorted(old.keys() | new.keys()) for change in _changes(name, old, new)]


def _changes(name: str, old: Mapping[str, Spec], new: Mapping[str, Spec]) -> Iterator[Change]:
    if name not in old:
        yield Change("added", name, "", f"{name} is new")
        return
    before = old[name]
    if name not in new:
        yield Change("removed", name, "", f"{name} is gone{_advice(before.deprecated)}")
        return
    after = new[name]
    yield from _argument_changes(before, after)
    if before.returns != after.returns:
        words = f"{name} returns {after.returns} instead of {before.returns}"
        yield Change("changed", name, RETURNS, words)
    if (before.deprecated, before.removed_in) != (after.deprecated, after.removed_in):
        yield Change("deprecated", name, "", _deprecation(name, after.deprecated, after.removed_in))


def _argument_changes(before: Spec, after: Spec) -> Iterator[Change]:
    name = before.name
    old = {argument.name: argument for argument in before.arguments}
    new = {argument.name: argument for argument in after.arguments}
    for each in [each for each in old if each not in new]:
        words = f"{name} no longer has the argument {each}{_advice(old[each].deprecated)}"
        yield Change("removed", name, each, words)
    kept = [each for each in old if each in new]
    added = [each for each in new if each not in old]
    if list(new) != [*kept, *added]:
        yield Change(
            "changed", name, ORDER, f"{name} has its arguments in another order: new ones are only appended"
        )
    for each in added:
        yield Change("appended", name, each, f"{name} has the new argument {each}: {new[each].type}")
    for each in kept:
        if old[each].type != new[each].type:
            words = f"{name} has {each}: {new[each].type} instead of {old[each].type}"
            yield Change("changed", name, each, words)
        if old[each].deprecated != new[each].deprecated:
            words = _deprecation(f"the argument {each} of {name}", new[each].deprecated, None)
            yield Change("deprecated", name, each, words)


def _advice(deprecated: str | None) -> str:
    return f" ({deprecated.partition(':')[2].strip()})" if deprecated else ""


def _deprecation(what: str, deprecated: str | None, removed_in: str | None) -> str:
    if deprecated is None:
        return f"{what} is no longer deprecated"
    return f"{what} is deprecated since {deprecated}{f'; it goes in {removed_in}' if removed_in else ''}"


def expected(specs: Mapping[str, Spec], version: Version) -> dict[str, Spec]:
    """What the contract will be in another version, as far as today's tells.

    Left out are hooks that came later or are removed by then, and arguments that were deprecated in an
    earlier major version.
    """
    return {name: _without(spec, version) for name, spec in specs.items() if _exists(spec, version)}


def _exists(spec: Spec, version: Version) -> bool:
    begins = spec.since is None or Version(spec.since) <= version
    return begins and (spec.removed_in is None or version < Version(spec.removed_in))


def _without(spec: Spec, version: Version) -> Spec:
    return replace(spec, arguments=tuple(each for each in spec.arguments if not _goes(each, version)))


def _goes(argument: Argument, version: Version) -> bool:
    since = deprecated_since(argument.deprecated or "")
    return since is not None and since.major < version.major


def least_version(api: str, changes: Iterable[Change]) -> str:
    """The version that a contract must have at least after changes to one that was released as `api`."""
    kinds = {change.major for change in changes}
    old = Version(api)
    if True in kinds:
        return f"{old.major + 1}.0"
    return f"{old.major}.{old.minor + 1}" if kinds else api


def faults(released: Lock, now: Lock) -> Iterator[str]:
    """What is wrong with a contract beside the one released last, as sentences without their ends."""
    changes = compare(released.specs, now.specs)
    least = least_version(released.api, changes)
    if Version(now.api) < Version(least):
        words = "; ".join(change.words for change in changes)
        yield f"since {released.api} was released, {words}: the version must be {least} at least"
    for change in changes:
        if change.kind == "added" and now.specs[change.hook].since != now.api:
            yield f"{change.words}: mark it since={now.api!r}"
    yield from overdue(now)


def overdue(lock: Lock) -> Iterator[str]:
    """Hooks that should be gone by now, as sentences without their ends."""
    for spec in lock.specs.values():
        if spec.removed_in is not None and Version(spec.removed_in) <= Version(lock.api):
            yield f"{spec.name} is still there in {lock.api}, but was to go in {spec.removed_in}"


def dump(lock: Lock) -> str:
    """The text of a lock file."""
    hooks = {
        spec.name: {
            "arguments": [
                {"name": each.name, "type": each.type, "deprecated": each.deprecated}
                for each in spec.arguments
            ],
            "returns": spec.returns,
            "since": spec.since,
            "deprecated": spec.deprecated,
            "removed_in": spec.removed_in,
        }
        for spec in lock.specs.values()
    }
    return json.dumps({"lock": 1, "api": lock.api, "hooks": hooks}, indent=2) + "\n"


def load(file: Path) -> Lock:
    """The contract in a lock file, or in a wheel of the kernel.

    Raises:
        LockError: the file cannot be read or holds none.
    """
    try:
        return _parse(json.loads(_text(file)))
    except OSError as error:
        raise LockError(f"{file} cannot be read: {error.strerror or error}") from None
    except KeyError as error:
        raise LockError(f"{file} is no lock of hook specs: it lacks {error}") from None
    except (ValueError, TypeError, AttributeError, BadZipFile) as error:
        raise LockError(f"{file} is no lock of hook specs: {error}") from None


def _text(file: Path) -> str:
    if file.suffix == ".whl":
        with ZipFile(file) as wheel:
            return wheel.read(f"{LOCK.parent.name}/{LOCK.name}").decode()
    return file.read_text(encoding="utf-8")


def _parse(data: Any) -> Lock:
    if data["lock"] != 1:
        raise ValueError(f"its format is {data['lock']!r}, this kernel reads 1")
    hooks = {name: _spec(name, hook) for name, hook in data["hooks"].items()}
    return Lock(_checked(data["api"]), hooks)


def _spec(name: str, hook: Mapping[str, Any]) -> Spec:
    return Spec(
        name=name,
        owner=KERNEL,
        arguments=tuple(
            Argument(str(each["name"]), str(each["type"]), each["deprecated"]) for each in hook["arguments"]
        ),
        returns=str(hook["returns"]),
        since=_checked(hook["since"]),
        deprecated=hook["deprecated"],
        removed_in=None if hook["removed_in"] is None else _checked(hook["removed_in"]),
    )


def _checked(version: Any) -> str:
    try:
        Version(version)
    except InvalidVersion:
        raise ValueError(f"{version!r} is no version") from None
    return str(version)
