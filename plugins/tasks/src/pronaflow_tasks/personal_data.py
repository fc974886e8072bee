"""What this plugin holds of a user, for the export of personal data.

Nothing is erased here: rows hold ids alone, and what people wrote stays with its workspace (modules.md,
section 8 item 13).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, bindparam, cast, or_, select

from pronaflow_kernel.api import IdType, Reader, Row, unscoped

from .attachments.models import TaskFile, TaskFileVersion
from .checklists.models import Subtask
from .comments.models import Comment, CommentHistory
from .dependencies.models import Dependency
from .models import Task
from .people.models import TaskAssignee, TaskWatcher
from .recurrence.models import Recurrence
from .timekeeping.models import TimeDay, TimeEntry, Timer

_USER = bindparam("user_id", type_=IdType())
_MENTIONED = cast(Comment.mentions, String).contains(bindparam("user_id", type_=String()))
_OWN_COMMENTS = select(Comment.id).where(Comment.author_id == _USER)

_KINDS: dict[str, Any] = {
    kind: unscoped("a user's data is collected from all workspaces", statement)
    for kind, statement in {
        "tasks": select(Task.__table__).where(or_(Task.created_by == _USER, Task.assigned_to == _USER)),
        "time_entries": select(TimeEntry.__table__).where(TimeEntry.user_id == _USER),
        "timers": select(Timer.__table__).where(Timer.user_id == _USER),
        "days": select(TimeDay.__table__).where(TimeDay.user_id == _USER),
        "assignments": select(TaskAssignee.__table__).where(TaskAssignee.user_id == _USER),
        "watched_tasks": select(TaskWatcher.__table__).where(TaskWatcher.user_id == _USER),
        "subtasks": select(Subtask.__table__).where(
            or_(Subtask.created_by == _USER, Subtask.assigned_to == _USER)
        ),
        "dependencies": select(Dependency.__table__).where(Dependency.created_by == _USER),
        "recurrence_rules": select(Recurrence.__table__).where(Recurrence.created_by == _USER),
        "comments": select(Comment.__table__).where(
            or_(Comment.author_id == _USER, Comment.deleted_by == _USER, _MENTIONED)
        ),
        "files": select(TaskFile.__table__).where(TaskFile.created_by == _USER),
        "file_versions": select(TaskFile.name, TaskFileVersion.__table__)
        .join(TaskFile, TaskFile.id == TaskFileVersion.file_id)
        .where(TaskFileVersion.uploaded_by == _USER),
        "comment_history": select(CommentHistory.__table__).where(
            or_(CommentHistory.replaced_by == _USER, CommentHistory.comment_id.in_(_OWN_COMMENTS))
        ),
    }.items()
}


def collect(reader: Reader, user_id: str) -> dict[str, list[Row]]:
    """What the user made, does, said or was mentioned in, as `_KINDS` lists it."""
    return {kind: reader.all(statement, user_id=user_id) for kind, statement in _KINDS.items()}
