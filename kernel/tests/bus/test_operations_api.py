"""The jobs that people wait for, at /api/v1/jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pronaflow_kernel.api import Discard, Reader, Scope, UnitOfWork
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop
from .desk import JOBS, Desk

WORDS = ("title", "message", "result", "error")


@pytest.fixture
def admin(world: World, ann: Person) -> Person:
    """An admin of ann's workspace."""
    return member(world, ann, "admin")


def member(world: World, ann: Person, role: str) -> Person:
    person = world.person(role)
    world.join(ann.workspace_id, person, role)
    return person


def ids(rows: Any) -> list[str]:
    return [row["id"] for row in rows]


class TestWhoSees:
    def test_everybody_sees_the_own_ones_in_the_workspace_at_hand(
        self, world: World, desk: Desk, ann: Person
    ) -> None:
        viewer = member(world, ann, "viewer")
        other = world.person()
        mine, _, theirs = desk.start(viewer), desk.start(ann), desk.start(other)
        world.join(other.workspace_id, viewer, "admin")
        assert ids(viewer.get(JOBS, workspace_id=ann.workspace_id).data) == [mine]
        assert ids(viewer.get(JOBS, workspace_id=other.workspace_id).data) == [theirs]

    @pytest.mark.parametrize("role", ["owner", "admin"])
    def test_who_runs_the_workspace_sees_those_of_all_without_what_they_say(
        self, world: World, desk: Desk, ann: Person, role: str
    ) -> None:
        def run(reader: Reader, args: Mapping[str, Any]) -> str:
            desk.jobs.progress(1, 2, "secret")
            return "secret"

        desk.does(run, "external")
        good = desk.start(title="secret")
        world.drain()
        manager = member(world, ann, role)
        shown = manager.get(f"{JOBS}/{good}").data
        assert {name: shown[name] for name in WORDS} == dict.fromkeys(WORDS)
        assert (shown["status"], shown["user_id"], shown["kind"]) == ("succeeded", ann.id, "notes.count")
        [listed] = manager.get(JOBS).data
        assert listed == shown
        assert desk.shown(good) | dict.fromkeys(WORDS) == shown

    @pytest.mark.parametrize("role", ["member", "viewer"])
    def test_nobody_else_can_tell_one_from_none(
        self, world: World, desk: Desk, ann: Person, role: str
    ) -> None:
        job_id, missing = desk.start(), new_id()
        for person in (member(world, ann, role), world.person(), world.administrator()):
            for method, path in (("GET", "{}"), ("POST", "{}/cancel")):
                theirs = person.request(method, f"{JOBS}/{path.format(job_id)}")
                nothing = person.request(method, f"{JOBS}/{path.format(missing)}")
                assert theirs.status == nothing.status == 404
                message = theirs.error["message"].replace(job_id, missing)
                assert message == nothing.error["message"]
            assert person.get(JOBS).data == []
        assert desk.shown(job_id)["status"] == "waiting"

    def test_who_leaves_the_workspace_sees_them_no_longer(
        self, world: World, desk: Desk, ann: Person, workshop: Workshop
    ) -> None:
        leaving = member(world, ann, "member")
        job_id = desk.start(leaving)
        assert leaving.get(f"{JOBS}/{job_id}").status == 200
        left = "UPDATE core__membership SET is_active = :no WHERE user_id = :user AND workspace_id = :there"
        workshop.execute(left, no=False, user=leaving.id, there=ann.workspace_id)
        assert leaving.get(f"{JOBS}/{job_id}").status == 404

    def test_an_admin_cancels_what_others_started(self, desk: Desk, admin: Person) -> None:
        job_id = desk.start()
        reply = admin.post(f"{JOBS}/{job_id}/cancel")
        assert reply.data["status"] == "cancelled"
        assert reply.data["title"] is None
        assert desk.shown(job_id)["status"] == "cancelled"

    def test_nobody_gets_in_without_a_token(self, world: World, desk: Desk) -> None:
        job_id = desk.start()
        for method, path in (("GET", ""), ("GET", f"/{job_id}"), ("POST", f"/{job_id}/cancel")):
            assert world.anonymous().request(method, f"{JOBS}{path}").status == 401

    def test_what_the_server_itself_started_is_for_admins(
        self, world: World, desk: Desk, ann: Person, admin: Person
    ) -> None:
        with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            job_id = desk.jobs.start(uow, "count", {}, title="Nightly")["id"]
        assert admin.get(f"{JOBS}/{job_id}").data["user_id"] is None
        assert member(world, ann, "member").get(f"{JOBS}/{job_id}").status == 404


class TestTheList:
    def test_is_walked_by_page_and_by_cursor_the_newest_first(self, desk: Desk, ann: Person) -> None:
        started = [desk.start() for _ in range(5)]
        pages = [ann.get(JOBS, page=page, page_size=2) for page in (1, 2, 3)]
        assert [job for page in pages for job in ids(page.data)] == started[::-1]
        assert pages[1].json["pagination"]["total"] == 5
        first = ann.get(JOBS, page_size=3).json
        rest = ann.get(JOBS, page_size=3, cursor=first["pagination"]["next_cursor"]).json
        assert ids([*first["data"], *rest["data"]]) == started[::-1]
        assert ids(ann.get(JOBS, sort="created_at").data) == started

    def test_is_filtered_by_status_and_kind(self, world: World, desk: Desk, ann: Person) -> None:
        ended = desk.start()
        world.drain()
        waiting = desk.start()
        assert ids(ann.get(JOBS, status="waiting").data) == [waiting]
        assert ids(ann.get(JOBS, status="succeeded").data) == [ended]
        assert ids(ann.get(JOBS, kind="notes.count").data) == [waiting, ended]
        assert ann.get(JOBS, kind="notes.other").data == []

    @pytest.mark.parametrize(
        ("query", "fault"),
        [
            ({"status": "lost"}, "status"),
            ({"kind": "x" * 121}, "kind"),
            ({"page_size": 101}, "page_size"),
            ({"sort_by": "title"}, "sort_by"),
            ({"nonsense": 1}, "nonsense"),
        ],
        ids=["status", "kind", "size", "sort", "unknown"],
    )
    def test_names_what_is_wrong_with_a_query(self, ann: Person, query: Any, fault: str) -> None:
        assert ann.get(JOBS, **query).faults == {fault}

    def test_of_a_foreign_workspace_is_none(self, ann: Person, bob: Person) -> None:
        assert ann.get(JOBS, workspace_id=bob.workspace_id).status == 404


class TestTheTag:
    def test_changes_with_the_progress(self, world: World, desk: Desk, ann: Person) -> None:
        job_id = desk.start()
        url = f"{JOBS}/{job_id}"
        known = {"If-None-Match": ann.get(url).headers["ETag"]}
        assert ann.request("GET", url, headers=known).status == 304
        world.drain()
        changed = ann.request("GET", url, headers=known)
        assert (changed.status, changed.data["status"]) == (200, "succeeded")

    def test_of_an_older_state_keeps_from_cancelling(self, world: World, desk: Desk, ann: Person) -> None:
        def run(reader: Reader, args: Mapping[str, Any]) -> None:
            late.append(desk.cancel(job_id, **{"If-Match": tag}))
            now.append(desk.cancel(job_id, **{"If-Match": desk.tag(job_id)}))

        late: list[Any] = []
        now: list[Any] = []
        desk.does(run, "external")
        job_id = desk.start()
        tag = desk.tag(job_id)
        world.drain()
        assert (late[0].status, now[0].status) == (412, 200)


class TestCancelling:
    def test_with_a_key_answers_the_same_again(self, desk: Desk) -> None:
        job_id = desk.start()
        first, again = (desk.cancel(job_id, **{"Idempotency-Key": "one"}) for _ in range(2))
        assert first.body == again.body
        assert again.headers["Idempotency-Replayed"] == "true"

    def test_says_what_became_of_it(self, world: World, desk: Desk) -> None:
        job_id = desk.start()
        assert desk.cancel(job_id).json["message"] == "The job is cancelled"

    def test_of_what_failed_is_refused_in_a_sentence(self, world: World, desk: Desk) -> None:
        def run(uow: UnitOfWork, args: Mapping[str, Any]) -> None:
            raise Discard("no")

        desk.does(run)
        job_id = desk.start()
        world.drain()
        words = "The job has failed: only one that waits or runs can be cancelled"
        assert desk.cancel(job_id).error["message"] == words

    @pytest.mark.parametrize("job_id", ["1", "x" * 36], ids=["number", "words"])
    def test_of_what_is_no_id_is_a_404(self, ann: Person, job_id: str) -> None:
        assert ann.post(f"{JOBS}/{job_id}/cancel").status == 404


def test_statement_budgets(world: World, desk: Desk, ann: Person) -> None:
    job_id = desk.start()
    counts: dict[str, int] = {}
    calls = {
        "list": lambda: ann.get(JOBS),
        "get": lambda: ann.get(f"{JOBS}/{job_id}"),
        "cancel": lambda: desk.cancel(job_id),
    }
    ann.get(JOBS)
    for name, call in calls.items():
        with world.statements() as seen:
            assert call().status == 200
        counts[name] = len(seen)
    assert counts == {"list": 3, "get": 3, "cancel": 5}


def test_a_job_is_not_put_into_the_trash(world: World, desk: Desk, ann: Person) -> None:
    job_id = desk.start()
    with (
        pytest.raises(Exception, match="cancelled, not deleted"),
        world.kernel.db.write(Scope.system(ann.workspace_id)) as uow,
    ):
        world.kernel.trash.discard(uow, "job", job_id)


def test_the_jobs_of_a_user_who_leaves_go_too(world: World, desk: Desk, ann: Person) -> None:
    from pronaflow_kernel.identity.leaving.erasure import Erasure
    from pronaflow_kernel.identity.parts import Parts

    person = member(world, ann, "member")
    job_id = desk.start(person)
    assert desk.shown(job_id)["user_id"] == person.id
    with world.kernel.db.write(Scope.system()) as uow:
        Erasure(Parts(world.kernel)).erase(uow, person.id, "operator")
    assert ann.get(f"{JOBS}/{job_id}").status == 404


def test_a_users_jobs_are_among_what_is_held_of_them(
    world: World, desk: Desk, ann: Person, bob: Person
) -> None:
    from pronaflow_kernel.identity.leaving.personal_data import collect

    desk.start(title="Everything")
    with world.kernel.db.read(Scope.system()) as reader:
        [row] = collect(world.kernel, reader, ann.id)["kernel"]["jobs"]
        assert collect(world.kernel, reader, bob.id)["kernel"]["jobs"] == []
    assert (row["kind"], row["title"], row["status"]) == ("notes.count", "Everything", "waiting")
