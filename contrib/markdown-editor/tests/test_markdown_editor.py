"""What the plugin shows of a task, where a workspace has installed it."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World


@pytest.fixture
def rendered(world: World, ann: Person) -> Any:
    """The description of a new task of Ann's as HTML: `rendered("**now**")`."""
    world.kernel.switches.set("markdown_editor", True, ann.workspace_id)
    project = ann.post("/api/v1/projects", {"name": "Site"}).data["id"]

    def render(text: str | None) -> str:
        body = {"project_id": project, "title": "Write", "description": text}
        made = ann.post("/api/v1/tasks", body).data
        shown = ann.get(f"/api/v1/tasks/{made['id']}").data
        return str(shown["ext"]["markdown_editor"]["description_html"])

    return render


def test_markdown_is_shown_as_html(rendered: Any) -> None:
    assert rendered("**now**") == "<p><strong>now</strong></p>\n"
    assert rendered(None) == ""


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://spy.example.com/x.png)",
    ],
)
def test_nothing_that_acts_comes_through(rendered: Any, text: str) -> None:
    shown = rendered(text)
    assert not any(f"<{tag}" in shown for tag in ("script", "img"))
    assert 'href="javascript' not in shown


def test_a_list_shows_tasks_without_descriptions(ann: Person, rendered: Any) -> None:
    rendered("*soon*")
    assert ["ext" in task for task in ann.get("/api/v1/tasks", ext="markdown_editor").data] == [False]
