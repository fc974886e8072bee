"""What installing would do, found out without installing and without running any code of the plugin.

For plugins that are installed already, `rehearse` starts a server over a database that is thrown away.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path
from tempfile import TemporaryDirectory

from .discovery import Candidate, unpacked
from .lifecycle import PluginStatus, compatibility_fault, requirement_fault
from .manifest import Manifest

ASKED = ("permissions", "reads", "network", "hooks", "emits", "listens", "commands", "ui_slots")
"""The keys of a manifest that say what a plugin may do and does."""


MOST_BYTES = 512 << 20
"""How large a wheel may be when it is unpacked; a small file can hold a disk full of zeros."""

_UNREADABLE = (OSError, EOFError, RuntimeError, UnicodeDecodeError, zipfile.BadZipFile, zlib.error)
"""What damaged or encrypted archives raise, and text in them that is none."""


class NoPlugin(ValueError):
    """A file that no plugin can be installed from; the message says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of a plugin before it runs.

    Arguments:
        id, version, distribution: as they are called.
        problems: why it would not run, in words.
        asks: what its manifest asks for, by key.
        added, dropped: how that differs from the installed version, by key.
        migrations: names of the migrations that installing it would leave to run.
    """

    id: str
    version: str
    distribution: str
    problems: list[str] = field(default_factory=list)
    asks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    added: Mapping[str, Sequence[str]] = field(default_factory=dict)
    dropped: Mapping[str, Sequence[str]] = field(default_factory=dict)
    migrations: Sequence[str] = ()


def inspect_wheel(wheel: Path, installed: Sequence[Candidate]) -> list[Finding]:
    """What a wheel would bring, for each plugin in it.

    Arguments:
        wheel: the file; none of its code runs.
        installed: the plugins that are there.

    Raises:
        NoPlugin: it is no wheel, or no plugin is in it.
    """
    with opened(wheel) as (folder, found):
        return [_finding(candidate, installed, folder) for candidate in found]


@contextmanager
def opened(wheel: Path) -> Iterator[tuple[Path, list[Candidate]]]:
    """The folder that a wheel is unpacked in for a while, and the plugins in it.

    Raises:
        NoPlugin: it is no wheel, or no plugin is in it.
    """
    with TemporaryDirectory() as folder:
        try:
            _unpack(wheel, folder)
            found = unpacked(Path(folder))
        except _UNREADABLE as error:
            words = f"{type(error).__name__} {error}".rstrip()
            raise NoPlugin(f"{wheel} cannot be read as a wheel: {words}") from None
        if not found:
            raise NoPlugin(f"{wheel} is no plugin: it has no entry point in the group pronaflow.plugins")
        yield Path(folder), found


def rehearse(config: str | None) -> dict[str, PluginStatus]:
    """How the installed plugins fare in a server over an empty SQLite database, which is thrown away.

    Arguments:
        config: path of the settings file, whose sections some plugins cannot start without.

    Raises:
        SettingsError: the settings cannot be used.
        NoPlugin: a critical plugin refuses the start; the message names it.
    """
    from ..assembly import StartRefused
    from ..web.app import start

    with TemporaryDirectory() as folder:
        place = {"database_url": f"sqlite:///{folder}/rehearsal.sqlite3", "data_dir": folder}
        how = {"plugins.startup": "continue", **place}
        try:
            kernel, _ = start(config=config, overrides=how)
        except StartRefused as refused:  # by a plugin that is critical
            raise NoPlugin(str(refused)) from None
        try:
            return {status.id: status for status in kernel.states()}
        finally:
            kernel.close()


def _unpack(wheel: Path, folder: str) -> None:
    """Extract a wheel; `zipfile` itself keeps names and links within the folder.

    Raises:
        NoPlugin: there is too much in it.
    """
    with zipfile.ZipFile(wheel) as archive:
        # No more comes out of a file than is declared here.
        if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
            raise NoPlugin(f"{wheel} holds more than {MOST_BYTES >> 20} MiB: it is not unpacked")
        archive.extractall(folder)


def _finding(candidate: Candidate, installed: Sequence[Candidate], folder: Path) -> Finding:
    before = next((each for each in installed if each.id == candidate.id), None)
    asks = _asks(candidate.manifest)
    had = _asks(before.manifest if before else None)
    return Finding(
        candidate.id,
        candidate.version,
        candidate.distribution,
        list(_problems(candidate, installed)),
        asks,
        _beyond(asks, had),
        _beyond(had, asks),
        sorted(_migrations(candidate.package, [str(folder)]) - _migrations(candidate.package, None)),
    )


def _problems(candidate: Candidate, installed: Sequence[Candidate]) -> Iterator[str]:
    if candidate.fault is not None or candidate.manifest is None:
        yield str(candidate.fault)
        return
    manifest = candidate.manifest
    versions = {each.id: each.version for each in installed} | {candidate.id: candidate.version}
    for fault in (compatibility_fault(manifest), requirement_fault(manifest, versions)):
        if fault is not None:
            yield fault
    for needed in sorted(manifest.requires.keys() - versions.keys()):
        yield f"requires {needed}, which is not installed"
    for each in installed:
        if each.id == candidate.id and each.distribution != candidate.distribution:
            yield f"the id {candidate.id!r} is taken by {each.distribution}; uninstall it first"
        elif each.id != candidate.id and each.manifest:
            for name in sorted(each.manifest.commands.keys() & manifest.commands.keys()):
                yield f"the command {name!r} exists already, from {each.id}"


def _asks(manifest: Manifest | None) -> dict[str, list[str]]:
    if manifest is None:
        return {}
    return {key: sorted(value) for key in ASKED if (value := getattr(manifest, key))}


def _beyond(these: Mapping[str, Sequence[str]], those: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What is among these and not among those, by key."""
    differing = {key: sorted(set(values) - set(those.get(key, ()))) for key, values in these.items()}
    return {key: values for key, values in differing.items() if values}


def _migrations(package: str, path: Sequence[str] | None) -> set[str]:
    spec = PathFinder.find_spec(package, path)
    places = spec.submodule_search_locations if spec and spec.submodule_search_locations else ()
    files = (file for place in places for file in Path(place, "migrations").glob("[0-9]*.py"))
    return {file.stem for file in files}
