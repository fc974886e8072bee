"""Files at tasks (modules.md 4.1, 4.4 rule 11): versions, names, rights, and nothing left behind."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import bindparam, delete

from pronaflow_kernel.api import IdType, Scope, new_id, unscoped
from pronaflow_kernel.storage.work import file_jobs
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.patches import PatchSuite
from pronaflow_tasks.models import Task
from pronaflow_tasks.personal_data import collect

PURGE = unscoped("as a purge does", delete(Task).where(Task.id == bindparam("id", type_=IdType())))


@pytest.fixture
def files(task: Any) -> str:
    """Where the files of the task are."""
    return f"/api/v1/tasks/{task['id']}/files"


@pytest.fixture
def file(ann: Person, files: str) -> Any:
    """A file of ann's."""
    return ann.upload(files, "plan.pdf", b"first", description="The plan").data


@pytest.fixture
def stored(world: World) -> Callable[[], set[Path]]:
    """All that is in the store."""
    folder = world.kernel.settings.data_dir / "files"
    return lambda: {path for path in folder.rglob("*") if path.is_file()}


def content(person: Person, file: Any, **query: Any) -> Any:
    return person.get(f"/api/v1/files/{file['id']}", **query)


class TestFiles(PatchSuite):
    """What PATCH owes its callers."""

    patch: ClassVar[dict[str, Any]] = {"description": "Another plan"}

    @pytest.fixture
    def record(self, file: Any) -> Any:
        """A file of ann's."""
        return file

    def url(self, record: Any) -> str:
        """Path of a file."""
        return f"/api/v1/tasks/{record['task_id']}/files/{record['id']}"


class TestUpload:
    def test_answers_what_is_promised(self, ann: Person, task: Any, files: str) -> None:
        made = ann.upload(files, "plan.pdf", b"first", description="The plan")
        assert made.status == 201
        shown = made.data
        assert shown["file_id"] == shown["id"]
        assert (shown["filename"], shown["size"], shown["version"]) == ("plan.pdf", 5, 1)
        assert shown["sha256"] == hashlib.sha256(b"first").hexdigest()
        assert shown["url"].endswith(f"/api/v1/files/{shown['id']}")
        assert (shown["uploaded_by"], shown["uploaded_by_username"]) == (ann.id, ann.username)
        assert shown["uploaded_at"] == "2026-03-02T09:00:00Z"
        assert (shown["task_id"], shown["project_id"]) == (task["id"], task["project_id"])
        assert (shown["description"], shown["media_type"]) == ("The plan", "application/pdf")

    def test_the_same_name_again_is_a_new_version(
        self, world: World, ann: Person, files: str, file: Any
    ) -> None:
        world.clock.advance(60)
        again = ann.upload(files, "plan.pdf", b"second").data
        assert (again["id"], again["version"]) == (file["id"], 2)
        assert again["description"] == "The plan"
        assert content(ann, file).body == b"second"
        assert content(ann, file, version=1).body == b"first"
        detail = ann.get(f"{files}/{file['id']}").data
        assert [(v["version"], v["size"]) for v in detail["versions"]] == [(2, 6), (1, 5)]
        assert detail["versions"][1]["url"].endswith("?version=1")

    def test_names_differ_by_every_letter(self, ann: Person, files: str, file: Any) -> None:
        assert ann.upload(files, "Plan.pdf", b"x").data["id"] != file["id"]

    def test_an_empty_file_is_one(self, ann: Person, files: str) -> None:
        made = ann.upload(files, "empty.txt", b"").data
        assert made["size"] == 0
        assert content(ann, made).body == b""

    def test_a_path_is_only_a_name(self, ann: Person, files: str) -> None:
        assert ann.upload(files, "..\\..\\etc/passwd", b"").data["filename"] == "passwd"

    @pytest.mark.parametrize("name", ["run.exe", "run.SH", "page.js", "start.bat"])
    def test_what_a_system_would_run_is_refused(self, ann: Person, files: str, name: str) -> None:
        refused = ann.upload(files, name, b"x")
        assert refused.faults == {"file"}
        assert "exe" in refused.error["details"]["reason"]

    def test_without_a_file_every_fault_is_named(self, ann: Person, files: str) -> None:
        body = b'--X\r\nContent-Disposition: form-data; name="odd"\r\n\r\n1\r\n--X--\r\n'
        headers = {"Content-Type": "multipart/form-data; boundary=X"}
        assert ann.request("POST", files, data=body, headers=headers).faults == {"file", "odd"}
        assert ann.post(files, {"description": "x"}).status == 415

    def test_uploads_of_one_name_at_once_are_versions_without_a_gap(
        self, world: World, ann: Person, files: str
    ) -> None:
        people = [Person(world.app.test_client(), ann.token, ann.id) for _ in range(6)]
        with ThreadPoolExecutor(len(people)) as pool:
            made = list(pool.map(lambda p: p.upload(files, "race.txt", b"%d" % id(p)), people))
        assert [reply.status for reply in made] == [201] * 6
        assert len({reply.data["id"] for reply in made}) == 1
        assert sorted(reply.data["version"] for reply in made) == [1, 2, 3, 4, 5, 6]
        detail = ann.get(f"{files}/{made[0].data['id']}").data
        assert len({version["sha256"] for version in detail["versions"]}) == 6

    def test_takes_few_statements(self, world: World, ann: Person, files: str, file: Any) -> None:
        with world.statements() as made:
            ann.upload(files, "other.pdf", b"x")
        assert len(made) <= 14
        for number in range(3):
            ann.upload(files, f"{number}.txt", b"x")
        for path, most in ((files, 6), (f"{files}/{file['id']}", 5)):
            with world.statements() as made:
                assert ann.get(path).status == 200
            assert len(made) <= most, made


class TestReading:
    def test_the_list_can_be_sorted_and_filtered(self, ann: Person, files: str, file: Any) -> None:
        ann.upload(files, "a.txt", b"longer than the plan")

        def names(**query: str) -> list[str]:
            return [row["filename"] for row in ann.get(files, **query).data]

        assert names() == ["plan.pdf", "a.txt"]
        assert names(sort="filename") == ["a.txt", "plan.pdf"]
        assert names(sort="-size") == ["a.txt", "plan.pdf"]
        assert names(filename="plan.pdf") == ["plan.pdf"]

    def test_the_task_counts_its_files(self, ann: Person, task: Any, files: str, file: Any) -> None:
        ann.upload(files, "plan.pdf", b"second")
        assert ann.get(f"/api/v1/tasks/{task['id']}").data["files_count"] == 1

    def test_the_content_is_saved_and_comes_in_parts(self, ann: Person, file: Any) -> None:
        whole = content(ann, file)
        assert whole.headers["Content-Disposition"].startswith('attachment; filename="plan.pdf"')
        assert whole.headers["ETag"] == f'"{file["sha256"]}"'
        part = ann.request("GET", f"/api/v1/files/{file['id']}", headers={"Range": "bytes=2-"})
        assert (part.status, part.body) == (206, b"rst")

    def test_what_there_is_not_is_not_found(self, ann: Person, files: str, file: Any) -> None:
        other = ann.post("/api/v1/tasks", {"project_id": file["project_id"], "title": "Other"}).data
        assert content(ann, file, version=2).status == 404
        assert content(ann, {"id": new_id()}).status == 404
        for method, body in (("GET", None), ("PATCH", {"description": "x"}), ("DELETE", None)):
            path = f"/api/v1/tasks/{other['id']}/files/{file['id']}"
            assert ann.request(method, path, body).status == 404

    def test_a_stranger_finds_nothing(self, bob: Person, files: str, file: Any) -> None:
        assert content(bob, file).status == 404
        assert bob.get(files).status == 404
        assert bob.upload(files, "x", b"x").status == 404


class TestChange:
    def test_another_name_and_no_description(self, ann: Person, files: str, file: Any) -> None:
        changed = ann.patch(f"{files}/{file['id']}", {"filename": "roadmap.pdf", "description": None}).data
        assert (changed["filename"], changed["description"]) == ("roadmap.pdf", None)
        assert (changed["version"], content(ann, file).body) == (1, b"first")
        assert 'filename="roadmap.pdf"' in content(ann, file).headers["Content-Disposition"]

    def test_a_name_that_is_taken_or_refused(self, ann: Person, files: str, file: Any) -> None:
        other = ann.upload(files, "other.pdf", b"x").data
        taken = ann.patch(f"{files}/{other['id']}", {"filename": "plan.pdf"})
        assert (taken.status, taken.error["details"]) == (409, {"file_id": file["id"]})
        assert ann.patch(f"{files}/{other['id']}", {"filename": "a.exe"}).faults == {"filename"}
        assert ann.patch(f"{files}/{other['id']}", {"filename": "/"}).faults == {"filename"}

    def test_an_older_version_comes_again_as_a_new_one(
        self, ann: Person, files: str, file: Any, stored: Callable[[], set[Path]]
    ) -> None:
        ann.upload(files, "plan.pdf", b"second")
        before = stored()
        again = ann.post(f"{files}/{file['id']}/revert", {"to_version": 1}).data
        assert (again["version"], again["sha256"]) == (3, file["sha256"])
        assert content(ann, file).body == b"first"
        assert content(ann, file, version=2).body == b"second"
        assert stored() == before
        same = ann.post(f"{files}/{file['id']}/revert", {"to_version": 3}).data
        assert (same["version"], len(ann.get(f"{files}/{file['id']}").data["versions"])) == (3, 3)
        assert ann.post(f"{files}/{file['id']}/revert", {"to_version": 4}).status == 404


class TestRights:
    @pytest.mark.parametrize(("role", "status"), [("planner", 201), ("member", 201), ("viewer", 403)])
    def test_who_works_on_the_project_adds_files(
        self, colleague: Callable[..., Person], project: Any, files: str, role: str, status: int
    ) -> None:
        person = colleague(project["id"], role)
        assert person.upload(files, "a.txt", b"x").status == status
        assert person.get(files).status == 200

    @pytest.mark.parametrize(("role", "status"), [("manager", 200), ("planner", 403), ("member", 403)])
    def test_who_did_not_add_it_deletes_it_only_as_a_manager(
        self,
        colleague: Callable[..., Person],
        project: Any,
        files: str,
        file: Any,
        role: str,
        status: int,
    ) -> None:
        person = colleague(project["id"], role)
        assert person.upload(files, "plan.pdf", b"a version of theirs").status == 201
        assert person.delete(f"{files}/{file['id']}").status == status

    def test_who_added_it_deletes_it(
        self, colleague: Callable[..., Person], project: Any, files: str
    ) -> None:
        member = colleague(project["id"], "member")
        own = member.upload(files, "own.txt", b"x").data
        assert member.delete(f"{files}/{own['id']}").status == 200
        assert content(member, own).status == 404

    def test_a_project_that_is_completed_keeps_its_files_as_they_are(
        self, ann: Person, project: Any, files: str, file: Any, stored: Callable[[], set[Path]]
    ) -> None:
        for status in ("active", "completed"):
            ann.patch(f"/api/v1/projects/{project['id']}/status", {"status": status})
        before = stored()
        refused = ann.upload(files, "late.txt", b"x")
        assert (refused.status, refused.error["details"]["project_status"]) == (409, "completed")
        assert ann.patch(f"{files}/{file['id']}", {"description": "x"}).status == 409
        assert ann.delete(f"{files}/{file['id']}").status == 409
        assert content(ann, file).body == b"first"
        assert stored() == before


class TestGoing:
    def test_a_deleted_file_goes_with_all_it_was(
        self, world: World, ann: Person, files: str, stored: Callable[[], set[Path]]
    ) -> None:
        world.drain()
        before = stored()
        made = ann.upload(files, "a.txt", b"1").data
        ann.upload(files, "a.txt", b"2")
        ann.post(f"{files}/{made['id']}/revert", {"to_version": 1})
        assert ann.delete(f"{files}/{made['id']}").json["message"] == "File deleted"
        world.drain()
        assert stored() == before
        assert content(ann, made).status == ann.get(f"{files}/{made['id']}").status == 404

    def test_a_file_is_in_the_trash_with_its_task(
        self, ann: Person, task: Any, files: str, file: Any
    ) -> None:
        ann.delete(f"/api/v1/tasks/{task['id']}")
        assert content(ann, file).status == ann.get(files).status == 404
        ann.post(f"/api/v1/tasks/{task['id']}/restore")
        assert content(ann, file).body == b"first"

    def test_with_a_task_that_is_purged_it_goes_within_a_day(
        self, world: World, ann: Person, task: Any, files: str, stored: Callable[[], set[Path]]
    ) -> None:
        world.drain()
        before = stored()
        ann.upload(files, "a.txt", b"1")
        with world.kernel.db.write(Scope.system()) as uow:
            uow.execute(PURGE, id=task["id"])
        put = world.clock.now().timestamp()
        for path in stored() - before:
            os.utime(path, (put, put))
        world.clock.advance(25 * 3600)
        orphans = next(job for job in file_jobs(world.kernel) if job.name == "remove_orphaned_files")
        with world.kernel.db.read(Scope.system()) as reader:
            orphans.run(reader, {})
        assert stored() == before

    def test_it_goes_to_another_project_with_its_task(self, ann: Person, task: Any, file: Any) -> None:
        other = ann.post("/api/v1/projects", {"name": "Other", "key": "OTH"}).data
        assert ann.post(f"/api/v1/tasks/{task['id']}/move", {"project_id": other["id"]}).status == 200
        assert ann.get(f"/api/v1/tasks/{task['id']}/files/{file['id']}").data["project_id"] == other["id"]


def test_events_tell_of_it_and_not_what_it_is_called(
    ann: Person, files: str, file: Any, events: Callable[[str], list[Any]]
) -> None:
    ann.upload(files, "plan.pdf", b"second")
    ann.patch(f"{files}/{file['id']}", {"filename": "secret plan.pdf"})
    ann.patch(f"{files}/{file['id']}", {})
    ann.delete(f"{files}/{file['id']}")
    told = events(file["id"])
    assert [event["type"] for event in told] == [
        "file.uploaded",
        "file.uploaded",
        "file.updated",
        "file.deleted",
    ]
    assert [event["payload"]["version"] for event in told] == [1, 2, 2, 2]
    assert "plan" not in str([(event["payload"], event["changes"]) for event in told])


def test_a_user_is_told_what_they_added(world: World, ann: Person, files: str, file: Any) -> None:
    with world.kernel.db.read(Scope.system()) as reader:
        found = collect(reader, ann.id)
    assert [(row["id"], row["name"]) for row in found["files"]] == [(file["id"], "plan.pdf")]
    assert [(row["name"], row["number"]) for row in found["file_versions"]] == [("plan.pdf", 1)]
