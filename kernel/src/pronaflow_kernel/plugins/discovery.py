"""Finding plugins: installed distributions with an entry point in `pronaflow.plugins`, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, PackageNotFoundError, distributions, entry_points, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..settings.schema import Settings, keys, sections
from .manifest import Manifest, ManifestError, read_manifest

GROUP = "pronaflow.plugins"

RESERVED = frozenset({"core", "kernel", *sections(), *keys(Settings)})
"""Ids that no plugin can have: an id is also a section of the settings and the prefix of tables."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An installed plugin before any of its code has run.

    Arguments:
        id: name of the entry point.
        entry_point: leads to the plugin class.
        distribution, version: of the distribution that brings it.
        manifest: what it says of itself; None if that cannot be read.
        fault: why it cannot start, in words; None if nothing is wrong so far.
    """

    id: str
    entry_point: EntryPoint
    distribution: str
    version: str
    manifest: Manifest | None
    fault: str | None

    @property
    def package(self) -> str:
        """The top-level package."""
        return package_of(self.entry_point)


def package_of(point: EntryPoint) -> str:
    """The top-level package that an entry point leads to, also of one that is written wrongly."""
    return point.value.partition(":")[0].strip().partition(".")[0]


def discover(points: Iterable[EntryPoint] | None = None) -> list[Candidate]:
    """All installed plugins, sorted by id; entry points themselves come in file-system order.

    Arguments:
        points: entry points to look at instead of the installed ones (tests).

    Two distributions that claim one id both carry a fault that names both.
    """
    found = sorted(
        (_candidate(point) for point in (entry_points(group=GROUP) if points is None else points)),
        key=lambda candidate: (candidate.id, candidate.distribution),
    )
    ids = [candidate.id for candidate in found]
    return [candidate if ids.count(candidate.id) == 1 else _doubled(candidate, found) for candidate in found]


def unpacked(folder: Path) -> list[Candidate]:
    """The plugins of the distributions that lie unpacked in a folder and are not installed."""
    place = [str(folder)]
    points = (point for found in distributions(path=place) for point in found.entry_points)
    return [_candidate(point, place) for point in points if point.group == GROUP]


def first_party() -> frozenset[str]:
    """Names of the distributions that the distribution `pronaflow-server` is put together from.

    It names them as its requirements, so that the kernel need not know any plugin.
    """
    try:
        required = requires("pronaflow-server") or []
    except PackageNotFoundError:
        return frozenset()
    return frozenset(canonicalize_name(Requirement(each).name) for each in required)


def _candidate(point: EntryPoint, path: Sequence[str] | None = None) -> Candidate:
    distribution = (point.dist and point.dist.name) or "?"
    version = (point.dist and point.dist.version) or "0"
    try:
        manifest = read_manifest(package_of(point), path)
    except ManifestError as error:
        return Candidate(point.name, point, distribution, version, None, str(error))
    fault = None
    if manifest.id in RESERVED:
        fault = f"the id {manifest.id!r} is a name of the kernel; choose another"
    elif manifest.id != point.name:
        fault = f"the entry point is called {point.name!r} but plugin.toml says id = {manifest.id!r}"
    elif point.dist and not (point.dist.name and point.dist.version):
        fault = "the METADATA of its distribution lacks a name or a version; build it anew"
    return Candidate(point.name, point, distribution, version, manifest, fault)


def _doubled(candidate: Candidate, found: list[Candidate]) -> Candidate:
    rivals = " and ".join(c.distribution for c in found if c.id == candidate.id)
    return Candidate(
        candidate.id,
        candidate.entry_point,
        candidate.distribution,
        candidate.version,
        candidate.manifest,
        f"the id {candidate.id!r} is claimed by {rivals}; uninstall one",
    )
