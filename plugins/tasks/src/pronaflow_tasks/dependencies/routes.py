"""Dependencies over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Reader, Row, UnitOfWork, in_path

from .schemas import TaskDependencies, TaskDependencyIn, TaskDependencyOut, TaskDependencyPatch
from .service import DependencyService

TASK = in_path("task")
DEPENDENCY = in_path("dependency")
ONE: dict[str, Any] = {"returns": TaskDependencyOut, "resource": "dependency"}


def add_dependencies(blp: Blueprint, service: DependencyService) -> None:
    """Add the routes under `/{task_id}/dependencies` and `/dependencies`."""

    @blp.endpoint(
        "GET",
        "/<id:task_id>/dependencies",
        permission="tasks.read",
        target=TASK,
        returns=TaskDependencies,
    )
    def list_dependencies(reader: Reader, task_id: str) -> Row:
        """List what a task depends on, and what depends on it."""
        return service.of_task(reader, task_id)

    @blp.endpoint(
        "POST",
        "/<id:task_id>/dependencies",
        permission="tasks.update",
        target=TASK,
        body=TaskDependencyIn,
        status=201,
        **ONE,
    )
    def create_dependency(uow: UnitOfWork, task_id: str, body: Any) -> Row:
        """Let a task depend on another one, of this project or of another one that you see."""
        return service.create(uow, task_id, body)

    @blp.endpoint(
        "GET", "/dependencies/<id:dependency_id>", permission="tasks.read", target=DEPENDENCY, **ONE
    )
    def get_dependency(reader: Reader, dependency_id: str) -> Row:
        """Get a dependency."""
        return service.show(reader, dependency_id)

    @blp.endpoint(
        "PATCH",
        "/dependencies/<id:dependency_id>",
        permission="tasks.update",
        target=DEPENDENCY,
        body=TaskDependencyPatch(partial=True),
        **ONE,
    )
    def edit_dependency(uow: UnitOfWork, dependency_id: str, body: Any) -> Row:
        """Change type or lag of a dependency."""
        return service.edit(uow, dependency_id, body)

    @blp.endpoint("DELETE", "/dependencies/<id:dependency_id>", permission="tasks.update", target=DEPENDENCY)
    def delete_dependency(uow: UnitOfWork, dependency_id: str) -> Answer:
        """Delete a dependency."""
        service.delete(uow, dependency_id)
        return Answer(message="Dependency deleted")
