"""What a plugin's folder `migrations/` holds, and where a database stands against it.

Everything here is read from file names, so that nothing of a plugin, nor Alembic, has to be imported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_FILE = re.compile(r"(\d{4})_(\w+)\.py")


class MigrationError(Exception):
    """A chain cannot be read or run; the message says which, why, and where the database stands now.

    Arguments:
        message: for people.
        chain: id of the plugin at fault, so that the others can go on without it; None if it is no plugin's.
    """

    def __init__(self, message: str, chain: str | None) -> None:
        super().__init__(message)
        self.chain = chain


@dataclass(frozen=True, slots=True)
class Step:
    """One revision, to be run or run.

    Arguments:
        chain: id of the plugin.
        revision: number of the script, e.g. `0002`.
        title: what the file name says it does.
        file: the script.
        before: the database's revision before it; None where nothing is migrated.
        after: the one after it; below `before` when the script is undone.
    """

    chain: str
    revision: str
    title: str
    file: Path
    before: str | None
    after: str | None

    @property
    def down(self) -> bool:
        """Whether the script is undone."""
        return self.after != self.revision

    def __str__(self) -> str:
        verb = "undo " if self.down else ""
        return f"{self.chain}: {verb}{self.revision} {self.title}"


@dataclass(frozen=True, slots=True)
class Chain:
    """The migrations of one plugin.

    Arguments:
        id: the plugin's id, `core` for the kernel; the version table is `<id>__version`.
        package: the top-level package that holds the folder `migrations`; it is found, not imported.
    """

    id: str
    package: str

    def scripts(self) -> dict[str, Path]:
        """Revision to file, in order; empty for a plugin without tables.

        Raises:
            MigrationError: the package is not installed, or the files are not one chain 0001, 0002, …
        """
        scripts: dict[str, Path] = {}
        for file in sorted(self._folder().glob("[!_]*.py")):
            match = _FILE.fullmatch(file.name)
            expected = f"{len(scripts) + 1:04}"
            if match is None or match[1] != expected:
                raise MigrationError(
                    f"{self.id}: {file} breaks the chain: the next file must be called {expected}_….py",
                    self.id,
                )
            scripts[expected] = file
        return scripts

    @property
    def head(self) -> str | None:
        """The newest revision the code knows; None for a plugin without tables."""
        return max(self.scripts(), default=None)

    def step_up(self, current: str | None) -> Step | None:
        """The step that follows on `current`; None at the head.

        Raises:
            MigrationError: the code does not know `current`.
        """
        scripts = self.scripts()
        if current is not None and current not in scripts:
            raise MigrationError(self.status(current).words, self.id)
        following = (revision for revision in scripts if current is None or revision > current)
        revision = next(following, None)
        return None if revision is None else self._step(scripts[revision], revision, current, revision)

    def step_down(self, current: str | None, target: str | None) -> Step | None:
        """The step that leads from `current` one down; None at or below `target`.

        Raises:
            MigrationError: the code does not know `current`.
        """
        if current is None or (target is not None and current <= target):
            return None
        scripts = self.scripts()
        if current not in scripts:
            raise MigrationError(self.status(current).words, self.id)
        below = max((revision for revision in scripts if revision < current), default=None)
        return self._step(scripts[current], current, current, below)

    def status(self, current: str | None) -> ChainStatus:
        """Where a database at `current` stands."""
        scripts = self.scripts()
        pending = tuple(revision for revision in scripts if current is None or revision > current)
        ahead = current is not None and current not in scripts
        return ChainStatus(self.id, current, self.head, () if ahead else pending, ahead)

    def _folder(self) -> Path:
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise MigrationError(f"{self.id}: package {self.package!r} is not installed", self.id)
        return Path(next(iter(spec.submodule_search_locations)), "migrations")

    def _step(self, file: Path, revision: str, before: str | None, after: str | None) -> Step:
        title = file.stem.partition("_")[2].replace("_", " ")
        return Step(self.id, revision, title, file, before, after)


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """Where the database stands on one chain.

    Arguments:
        id: the plugin's id.
        current: the database's revision; None where nothing is migrated.
        head: the newest revision the code knows; None for a plugin without tables.
        pending: revisions still to run, in order.
        ahead: whether the database is at a revision unknown to the code, which is then too old for it.
    """

    id: str
    current: str | None
    head: str | None
    pending: tuple[str, ...] = ()
    ahead: bool = False

    @property
    def words(self) -> str:
        """The status as a sentence for people."""
        if self.ahead:
            return (
                f"{self.id}: the database is at revision {self.current}, newer than this code, which knows "
                f"{self.head or 'none'} at most: install a newer version or restore an older database"
            )
        if self.pending:
            return (
                f"{self.id}: the database is at revision {self.current or 'none'}, "
                f"pending: {', '.join(self.pending)}; pronaflow db upgrade runs them"
            )
        return f"{self.id}: the database is at revision {self.current or 'none'}, which is the newest"
