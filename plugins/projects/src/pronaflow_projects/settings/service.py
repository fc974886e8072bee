"""Rules of a project's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import Context, Problem, Reader, Row, UnitOfWork, ValidationFailed

from ..api import TaskStatuses
from ..events import project_payload
from ..lifecycle import unarchived
from ..models import Project
from .events import SETTINGS_CHANGED
from .values import ProjectSettings, of, shown, to_store


class SettingsService:
    """Reads and changes settings of projects.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def show(self, reader: Reader, project_id: str) -> Row:
        """A project with all of its settings.

        Raises:
            NotFound: there is none.
        """
        return _shown(reader.get(Project, project_id))

    def merge(self, uow: UnitOfWork, project_id: str, body: Mapping[str, Any]) -> Row:
        """Set what `body` names; None brings a default back, and takes a single limit away.

        A completed or cancelled project is no obstacle: whether it takes comments is decided then.

        Raises:
            ValidationFailed: words that are no status of a task.
            Conflict: the project is archived, or a plugin objects.
        """
        project = unarchived(uow.get(Project, project_id, lock=True))
        data = {**project["settings"], **self._in_words(uow, body)}
        if body.get("wip_limits") is not None:
            data["wip_limits"] = {**project["settings"].get("wip_limits", {}), **data["wip_limits"]}
        return self._write(uow, project, data)

    def replace(self, uow: UnitOfWork, project_id: str, body: Mapping[str, Any]) -> Row:
        """Set what `body` names and bring back the default of everything else.

        Raises:
            ValidationFailed, Conflict: as `merge`.
        """
        project = unarchived(uow.get(Project, project_id, lock=True))
        return self._write(uow, project, self._in_words(uow, body))

    def _in_words(self, uow: UnitOfWork, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body with statuses by their proper names.

        Without a plugin that owns tasks there is nobody who could object to a word.
        """
        known = self._ctx.services.get(TaskStatuses, uow)
        return dict(body) if known is None else in_words(body, known.meanings(), known.closed())

    def _write(self, uow: UnitOfWork, project: Row, data: Mapping[str, Any]) -> Row:
        given = {name: value for name, value in data.items() if value is not None}
        if "wip_limits" in given:
            given["wip_limits"] = {k: v for k, v in given["wip_limits"].items() if v is not None}
        after = of(given)
        _check_shown(after)
        stored, before = to_store(after), shown(of(project["settings"]))
        if stored == project["settings"]:
            return _shown(project)
        self._ctx.hooks.check_change(uow, "project", project, {"settings": stored})
        row = uow.update(Project, project, {"settings": stored}).row
        told = {
            name: {"old": before[name], "new": value}
            for name, value in shown(after).items()
            if value != before[name]
        }
        uow.publish(SETTINGS_CHANGED, row["id"], project_payload(row), changes=told, container_id=row["id"])
        return _shown(row)


def in_words(body: Mapping[str, Any], meanings: Mapping[str, str], closed: Sequence[str]) -> dict[str, Any]:
    """Settings in which each status has its proper name.

    Arguments:
        meanings: from what a status may be called to its proper name.
        closed: statuses in which nothing is left to do; no task begins with one.

    Raises:
        ValidationFailed: names all words that mean no status, or one that is named already.
    """
    problems: list[Problem] = []

    def meaning(word: str, field: str) -> str:
        found = meanings.get(word.lower())
        if found is None:
            words = f"Is no status of a task: {', '.join(dict.fromkeys(meanings.values()))}."
            problems.append(Problem(field, words, "unknown_status"))
        return found or word

    def all_of(words: Sequence[str], fields: Sequence[str]) -> list[str]:
        found = [meaning(word, field) for word, field in zip(words, fields, strict=True)]
        problems.extend(
            Problem(field, "Means a status that is named already.", "named_twice")
            for place, field in enumerate(fields)
            if found[place] in found[:place]
        )
        return found

    told = dict(body)
    if (status := told.get("default_task_status")) is not None:
        told["default_task_status"] = meaning(status, "default_task_status")
        if told["default_task_status"] in closed:
            problems.append(Problem("default_task_status", "No task begins with it.", "closed_status"))
    if (limits := told.get("wip_limits")) is not None:
        names = all_of(list(limits), [f"wip_limits.{word}" for word in limits])
        told["wip_limits"] = dict(zip(names, limits.values(), strict=True))
    if (statuses := told.get("statuses")) is not None:
        told["statuses"] = all_of(statuses, [f"statuses.{place}" for place in range(len(statuses))])
    if problems:
        raise ValidationFailed(problems)
    return told


def _check_shown(settings: ProjectSettings) -> None:
    """Refuse a default status that the project does not show.

    Raises:
        ValidationFailed: it is one.
    """
    default, statuses = settings.default_task_status, settings.statuses
    if default is not None and statuses is not None and default not in statuses:
        raise ValidationFailed([Problem("default_task_status", "Is not among the statuses that are shown.")])


def _shown(project: Row) -> Row:
    return {**project, "settings": shown(of(project["settings"]))}
