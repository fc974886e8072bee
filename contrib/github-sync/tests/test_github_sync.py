"""Issues as tasks: on answers that GitHub gave once, and on such as its documents tell of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pronaflow_github_sync.models import Base

from pronaflow_kernel.persistence.autogenerate import drift
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.sink import WebhookSink

RECORDED = json.loads((Path(__file__).parent / "recorded" / "paginate-issues.json").read_text())
REPOSITORY = "octokit-fixture-org/paginate-issues"
INSTALL = "/api/v1/integration/plugins/github_sync/install"
SYNC = "/api/v1/github-sync"
PRIVATE = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}


def issue(number: int, updated: str = "2026-02-01T09:00:00Z", **values: Any) -> Any:
    """An issue as in the recorded answers, with something else in it."""
    base = RECORDED[0]["response"][0]
    address = f"https://github.com/{REPOSITORY}/issues/{number}"
    return {**base, "number": number, "updated_at": updated, "html_url": address, **values}


@pytest.fixture
def github(world: World) -> Iterator[WebhookSink]:
    """What stands in the place of api.github.com."""
    with WebhookSink(world.kernel.egress) as sink:
        sink.stands_for("api.github.com")
        yield sink


@pytest.fixture
def project(world: World, ann: Person) -> Any:
    """A project of Ann's, in a workspace that has the plugin."""
    assert ann.post(INSTALL, {}).status == 201
    world.drain()
    return ann.post("/api/v1/projects", {"name": "Site"}).data


@pytest.fixture
def linked(world: World, ann: Person, project: Any, github: WebhookSink) -> Callable[..., Any]:
    """Links the project, or syncs it again, while GitHub answers with some issues: `linked(issue(1))`."""

    def sync(*issues: Any) -> Any:
        github.answer(200, json=list(issues))
        if ann.get(f"{SYNC}/{project['id']}").status == 404:
            assert ann.put(f"{SYNC}/{project['id']}", {"repository": REPOSITORY}).status == 200
        else:
            assert ann.post(f"{SYNC}/{project['id']}/run", {}).status == 202
        world.drain()
        return ann.get(f"{SYNC}/{project['id']}").data

    return sync


def tasks(person: Person, project: Any) -> dict[str, Any]:
    """The tasks of a project by their titles, as they are shown one by one."""
    listed = person.get("/api/v1/tasks", project_id=project["id"], page_size=100).data
    return {row["title"]: person.get(f"/api/v1/tasks/{row['id']}").data for row in listed}


class TestRecorded:
    """All that GitHub answered in one reading of a repository with 13 issues, three on a page."""

    def test_every_issue_of_every_page_becomes_a_task(
        self, world: World, ann: Person, project: Any, github: WebhookSink
    ) -> None:
        for answer in RECORDED:
            link = {"link": answer["headers"]["link"]}
            github.answer(answer["status"], json=answer["response"], headers=link)
        ann.put(f"{SYNC}/{project['id']}", {"repository": REPOSITORY})
        world.drain()
        found = tasks(ann, project)
        assert sorted(found) == sorted(f"Test issue {number}" for number in range(1, 14))
        assert {task["created_at"] for task in found.values()} == {"2017-10-10T16:00:00Z"}
        link = ann.get(f"{SYNC}/{project['id']}").data
        assert (link["issues"], link["problem"]) == (13, None)

    def test_it_is_asked_for_in_the_order_of_changes(
        self, world: World, ann: Person, project: Any, github: WebhookSink
    ) -> None:
        for answer in RECORDED:
            github.answer(200, json=answer["response"], headers={"link": answer["headers"]["link"]})
        ann.put(f"{SYNC}/{project['id']}", {"repository": REPOSITORY})
        world.drain()
        first, second, *others = (urlsplit(request.path) for request in github.requests)
        assert first.path == second.path == f"/repos/{REPOSITORY}/issues"
        asked = {"state": ["all"], "sort": ["updated"], "direction": ["asc"], "per_page": ["50"]}
        assert parse_qs(first.query) == asked
        assert parse_qs(second.query) == {**asked, "since": ["2017-10-10T16:00:00Z"]}
        # All issues changed at one instant, so that only the number of the page leads on.
        assert [parse_qs(each.query)["page"] for each in others] == [["3"], ["4"], ["5"]]
        assert {request.headers["x-github-api-version"] for request in github.requests} == {"2022-11-28"}


class TestTasks:
    def test_what_github_says_of_an_issue_stands_in_the_task(
        self, ann: Person, project: Any, linked: Any
    ) -> None:
        labels = [{"name": "bug"}, {"name": "good first issue"}]
        linked(issue(7, title="Crash", body="It **crashes**", labels=labels))
        crash = tasks(ann, project)["Crash"]
        assert crash["description"] == f"It **crashes**\n\nhttps://github.com/{REPOSITORY}/issues/7"
        assert sorted(crash["tags"]) == ["bug", "good first issue"]
        assert crash["created_by"] == ann.id

    def test_pull_requests_are_left_out(self, ann: Person, project: Any, linked: Any) -> None:
        assert linked(issue(1), issue(2, title="Mend it", pull_request={"url": "..."}))["issues"] == 1
        assert list(tasks(ann, project)) == ["Test issue 13"]

    @pytest.mark.parametrize(
        ("reason", "status"), [("completed", "completed"), (None, "completed"), ("not_planned", "cancelled")]
    )
    def test_what_was_closed_is_done(
        self, ann: Person, project: Any, linked: Any, reason: str | None, status: str
    ) -> None:
        closed = {"state": "closed", "state_reason": reason, "closed_at": "2026-02-03T10:00:00Z"}
        linked(issue(1, **closed))
        task = tasks(ann, project)["Test issue 13"]
        assert task["status"] == status
        assert task["completed_at"] == ("2026-02-03T10:00:00Z" if status == "completed" else None)

    def test_changes_come_over_and_what_is_ours_stays(self, ann: Person, project: Any, linked: Any) -> None:
        linked(issue(1, title="Crash"))
        [task] = tasks(ann, project).values()
        ann.patch(f"/api/v1/tasks/{task['id']}", {"status": "in_progress", "assigned_to": ann.id})
        linked(issue(1, "2026-02-02T09:00:00Z", title="Crash at start"))
        [task] = tasks(ann, project).values()
        assert (task["title"], task["status"], task["assigned_to"]) == (
            "Crash at start",
            "in_progress",
            ann.id,
        )
        linked(issue(1, "2026-02-03T09:00:00Z", state="closed", closed_at="2026-02-03T09:00:00Z"))
        linked(issue(1, "2026-02-04T09:00:00Z"))
        [task] = tasks(ann, project).values()
        assert task["status"] == "todo"

    def test_only_what_changed_since_is_asked_for(self, github: WebhookSink, linked: Any) -> None:
        linked(issue(1), issue(2, "2026-02-02T09:00:00Z"))
        linked(issue(2, "2026-02-02T09:00:00Z"))
        asked = parse_qs(urlsplit(github.requests[-1].path).query)
        assert asked["since"] == ["2026-02-02T09:00:00Z"]

    def test_a_task_that_was_deleted_does_not_come_back(self, ann: Person, project: Any, linked: Any) -> None:
        linked(issue(1))
        [task] = tasks(ann, project).values()
        ann.delete(f"/api/v1/tasks/{task['id']}")
        assert linked(issue(1, "2026-02-02T09:00:00Z", title="Again"))["problem"] is None
        assert tasks(ann, project) == {}

    def test_a_bulk_of_news_tells_nobody(self, world: World, ann: Person, linked: Any) -> None:
        linked(*(issue(number) for number in range(1, 30)))
        made = [row for row in world.events(str(ann.workspace_id)) if row["type"] == "task.created"]
        assert {row["origin"] for row in made} == {"import"}


class TestTrouble:
    def test_a_private_repository_is_read_with_the_account_of_whoever_linked_it(
        self, world: World, ann: Person, github: WebhookSink, linked: Any
    ) -> None:
        apps = ann.get("/api/v1/integration/oauth/apps").data
        app = next(app for app in apps if app["provider_name"] == "github")
        account = {"oauth_app_id": app["id"], "external_user_id": "ann", "access_token": "gho_1"}
        made = ann.post("/api/v1/integration/oauth/connections", account).data
        consent = {"consent_type": "THIRD_PARTY", "resource_type": "account", "resource_id": made["id"]}
        ann.post("/api/v1/integration/consents", consent)
        linked(issue(1))
        assert github.requests[-1].headers["authorization"] == "Bearer gho_1"

    def test_what_github_refuses_is_said(
        self, world: World, ann: Person, project: Any, github: WebhookSink
    ) -> None:
        github.answer(404, json=PRIVATE)
        ann.put(f"{SYNC}/{project['id']}", {"repository": REPOSITORY})
        world.drain()
        link = ann.get(f"{SYNC}/{project['id']}").data
        assert link["problem"].startswith("GitHub does not know the repository")
        assert "authorization" not in github.requests[-1].headers

    def test_one_issue_that_cannot_be_taken_keeps_no_other_away(
        self, ann: Person, project: Any, linked: Any
    ) -> None:
        torn = {key: value for key, value in issue(1).items() if key != "created_at"}
        link = linked(torn, issue(2, title="\x00Fi\x00ne"), issue(3, title="\x00"))
        assert sorted(tasks(ann, project)) == ["Fine", "Issue 3"]
        assert link["problem"] == "issue 1: 'created_at'"

    def test_a_project_that_takes_no_tasks_says_so(
        self, world: World, ann: Person, project: Any, github: WebhookSink, linked: Any
    ) -> None:
        linked()
        github.answer(200, json=[issue(1)])
        assert ann.post(f"{SYNC}/{project['id']}/run", {}).status == 202
        assert ann.post(f"/api/v1/archive/projects/{project['id']}/archive", {}).status == 200
        world.drain()
        assert ann.get(f"{SYNC}/{project['id']}").data["problem"].startswith("issue 1: ")

    @pytest.mark.parametrize("name", ["octocat", "a/b/c", "https://github.com/a/b", "../../x", "a/b?c", ""])
    def test_what_is_no_repository_is_refused(self, ann: Person, project: Any, name: str) -> None:
        refused = ann.put(f"{SYNC}/{project['id']}", {"repository": name})
        assert refused.status == 422
        assert refused.faults == {"repository"}


class TestTime:
    @pytest.fixture
    def world(self, new_world: Callable[..., World]) -> World:
        """A server of its own, on which nothing else waits for its time."""
        return new_world()

    @pytest.mark.parametrize(
        ("status", "headers", "seconds"),
        [
            (429, {"retry-after": "120"}, 120),
            (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "{later}"}, 600),
            (502, {}, 60),
        ],
    )
    def test_it_waits_as_long_as_github_says(
        self,
        world: World,
        ann: Person,
        project: Any,
        github: WebhookSink,
        status: int,
        headers: dict[str, str],
        seconds: int,
    ) -> None:
        later = str(int(world.clock.now().timestamp()) + 600)
        github.answer(status, headers={name: each.format(later=later) for name, each in headers.items()})
        github.answer(200, json=[issue(1)])
        ann.put(f"{SYNC}/{project['id']}", {"repository": REPOSITORY})
        world.drain()
        world.clock.advance(seconds - 1)
        world.drain()
        assert len(github.requests) == 1
        world.clock.advance(1)
        world.drain()
        assert list(tasks(ann, project)) == ["Test issue 13"]

    def test_it_goes_on_by_itself(
        self, world: World, ann: Person, project: Any, github: WebhookSink, linked: Any
    ) -> None:
        linked(issue(1))
        github.answer(200, json=[issue(2, title="New")])
        world.clock.advance(3600)
        world.drain()
        assert len(github.requests) == 2
        assert sorted(tasks(ann, project)) == ["New", "Test issue 13"]

    def test_where_the_plugin_is_gone_it_rests(
        self, world: World, ann: Person, project: Any, github: WebhookSink, linked: Any
    ) -> None:
        linked(issue(1))
        [installed] = ann.get("/api/v1/integration/plugins/installed", workspace_id=ann.workspace_id).data
        ann.delete(f"/api/v1/integration/plugins/{installed['id']}")
        world.clock.advance(3600)
        world.drain()
        assert len(github.requests) == 1


def test_whoever_only_works_in_a_project_links_nothing(
    world: World, ann: Person, bob: Person, project: Any
) -> None:
    world.join(ann.workspace_id, bob, "member")
    ann.post(f"/api/v1/projects/{project['id']}/members", {"user_id": bob.id, "role": "member"})
    assert bob.put(f"{SYNC}/{project['id']}", {"repository": REPOSITORY}).status == 403


def test_after_unlinking_nothing_comes_and_the_tasks_stay(
    world: World, ann: Person, project: Any, github: WebhookSink, linked: Any
) -> None:
    linked(issue(1))
    assert ann.post(f"{SYNC}/{project['id']}/run", {}).status == 202
    assert ann.delete(f"{SYNC}/{project['id']}").status == 204
    world.drain()
    assert len(github.requests) == 1
    assert len(tasks(ann, project)) == 1


def test_no_drift(world: World) -> None:
    assert drift(world.kernel.db.engines.write, Base.metadata, "github_sync") == []
