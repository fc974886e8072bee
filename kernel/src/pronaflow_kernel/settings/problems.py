"""What `load()` raises when settings will not do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the settings.

    Arguments:
        where: the place to mend: `pronaflow.toml:12`, the name of an environment variable, `flag`, or
            `settings` for what nobody said.
        name: the setting, dotted: `server.port`.
        message: what is wrong and how to mend it; never repeats a value, which may be a secret.
    """

    where: str
    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.name} {self.message}" if self.name else f"{self.where}: {self.message}"


class SettingsError(Exception):
    """The settings are wrong; `problems` names every mistake, not only the first.

    Arguments:
        problems: at least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
