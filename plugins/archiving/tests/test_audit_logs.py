"""Audit logs: what they tell, to whom, by which filters, and that nothing can be taken out of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import DBAPIError

from pronaflow_kernel.api import Scope, new_id, unscoped
from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.events.models import EventRow
from pronaflow_kernel.persistence.engines import open_bare
from pronaflow_kernel.testing import Person, World

PATH = "/api/v1/audit-logs"
DAY = 86_400
KEYS = {
    "id", "action", "user_id", "user_email", "resource_type", "resource_id", "changes", "timestamp",
    "ip_address",
}  # fmt: skip
"""Of the first seed."""


@pytest.fixture(autouse=True)
def _clock(clock: FixedClock) -> None:
    """These tests name dates."""


@pytest.fixture
def boss(world: World) -> Person:
    return world.person("boss")


def rename(person: Person, name: str) -> None:
    assert person.patch(f"/api/v1/workspaces/{person.workspace_id}", {"name": name}).status == 200


class TestEntries:
    def test_tells_who_did_what_from_where_and_what_changed(self, world: World, boss: Person) -> None:
        boss.client.environ_base |= {"REMOTE_ADDR": "203.0.113.9"}
        rename(boss, "Beta")
        newest = boss.get(PATH).data[0]
        assert newest.keys() >= KEYS
        expected = {
            "action": "workspace.updated",
            "user_id": boss.id,
            "user_email": boss.email,
            "resource_type": "workspace",
            "resource_id": boss.workspace_id,
            "timestamp": "2026-03-02T09:00:00Z",
            "ip_address": "203.0.113.9",
        }
        assert {name: newest[name] for name in expected} == expected
        assert newest["changes"]["name"]["new"] == "Beta"
        assert boss.get(f"{PATH}/{newest['id']}").data == newest

    def test_an_address_is_what_the_configured_proxies_tell(self, new_world: Any) -> None:
        world = new_world({"server.trusted_proxies": 1})
        boss = world.person("boss")
        boss.client.environ_base |= {"REMOTE_ADDR": "10.0.0.1"}
        place = f"/api/v1/workspaces/{boss.workspace_id}"
        sent = {"X-Forwarded-For": "6.6.6.6, 203.0.113.5", "X-Forwarded-Proto": "https"}
        assert boss.request("PATCH", place, {"name": "Beta"}, headers=sent).status == 200
        assert boss.get(PATH, action="workspace.updated").data[0]["ip_address"] == "203.0.113.5"

    def test_a_stranger_s_header_is_no_address(self, boss: Person) -> None:
        place = f"/api/v1/workspaces/{boss.workspace_id}"
        boss.request("PATCH", place, {"name": "Beta"}, headers={"X-Forwarded-For": "6.6.6.6"})
        assert boss.get(PATH, action="workspace.updated").data[0]["ip_address"] == "127.0.0.1"

    def test_the_mail_is_that_of_the_moment_until_the_person_is_forgotten(
        self, world: World, boss: Person, erase: Any
    ) -> None:
        other = world.person("other")
        world.join(boss.workspace_id, other, "admin")
        here = {"X-Workspace-Id": boss.workspace_id}
        tag = f"/api/v1/workspaces/{boss.workspace_id}/tags"
        assert other.request("POST", tag, {"name": "One"}, headers=here).status == 201
        assert boss.get(PATH, action="tag.created").data[0]["user_email"] == other.email
        erase(other)
        left = boss.get(PATH, action="tag.created").data[0]
        assert (left["user_id"], left["user_email"], left["ip_address"]) == (other.id, None, None)

    def test_secrets_among_changes_are_masked(self, world: World, boss: Person) -> None:
        from pronaflow_kernel.tenancy.events import WORKSPACE_UPDATED

        changes = {
            "webhook_secret": {"old": "canary-1", "new": "canary-2"},
            "name": {"old": "prona_canary", "new": "B"},
        }
        with world.kernel.db.write(Scope.system(boss.workspace_id)) as uow:
            payload = {"workspace_id": boss.workspace_id, "name": "B"}
            uow.publish(WORKSPACE_UPDATED, boss.workspace_id, payload, changes=changes)
        assert "canary" not in str(boss.get(PATH).json)
        assert boss.get(PATH).data[0]["changes"]["webhook_secret"] == {"old": "***", "new": "***"}


class TestReaders:
    @pytest.mark.parametrize(("role", "status"), [("admin", 200), ("member", 403), ("viewer", 403)])
    def test_those_who_run_a_workspace_read_its_log(
        self, world: World, boss: Person, role: str, status: int
    ) -> None:
        person = world.person("other")
        world.join(boss.workspace_id, person, role)
        assert person.get(PATH, workspace_id=boss.workspace_id).status == status
        assert world.person("stranger").get(PATH, workspace_id=boss.workspace_id).status == 404

    def test_everybody_reads_their_own_actions(self, world: World, boss: Person) -> None:
        person = world.person("other")
        world.join(boss.workspace_id, person, "member")
        tag = f"/api/v1/workspaces/{boss.workspace_id}/tags"
        assert person.post(tag, {"name": "One"}).status == 201
        mine = person.get(PATH, user_id="me").data
        assert [row["action"] for row in mine] == ["tag.created"]
        assert person.get(PATH, user_id=person.id).data == mine
        assert person.get(f"{PATH}/{mine[0]['id']}").status in (200, 404)
        assert person.get(PATH, user_id=boss.id, workspace_id=boss.workspace_id).status == 403

    def test_administrators_of_the_system_read_everything(self, world: World, boss: Person) -> None:
        rename(boss, "Beta")
        admin = world.administrator()
        found = admin.get(PATH, user_id=boss.id).data
        assert boss.workspace_id in {row["workspace_id"] for row in found}
        only = admin.get(PATH, workspace_id=boss.workspace_id).data
        assert {row["workspace_id"] for row in only} == {boss.workspace_id}

    def test_private_projects_are_seen_by_their_members_alone(self, world: World, boss: Person) -> None:
        admin, member = world.person("admin"), world.person("member")
        world.join(boss.workspace_id, admin, "admin")
        world.join(boss.workspace_id, member, "member")
        here = {"X-Workspace-Id": boss.workspace_id}
        body = {"name": "Secret", "visibility": "private"}
        assert member.request("POST", "/api/v1/projects", body, headers=here).status == 201
        entry = member.get(PATH, user_id="me", action="project.created").data[0]
        query = {"workspace_id": boss.workspace_id}
        assert "Secret" not in str(admin.get(PATH, **query).json)
        assert entry["id"] not in str(admin.get(PATH, **query).json)
        assert entry["id"].encode() not in admin.get(f"{PATH}/export", **query).body
        reply = admin.request("GET", f"{PATH}/{entry['id']}", headers=here)
        assert reply.status == 404


class TestFilters:
    @pytest.fixture
    def log(self, world: World, boss: Person) -> Person:
        """Two tags on one day, and a new name on the next."""
        for name in ("One", "Two"):
            boss.post(f"/api/v1/workspaces/{boss.workspace_id}/tags", {"name": name})
        world.clock.advance(DAY)
        rename(boss, "Beta")
        return boss

    @pytest.mark.parametrize(
        ("query", "actions"),
        [
            ({"action": "tag.created"}, ["tag.created"] * 2),
            ({"action": "tag.*"}, ["tag.created"] * 2),
            ({"action": "nothing.happened"}, []),
            ({"resource_type": "tag"}, ["tag.created"] * 2),
            ({"start_date": "2026-03-03"}, ["workspace.updated"]),
            ({"start_date": "2026-03-03T09:00:00Z"}, ["workspace.updated"]),
            ({"start_date": "2026-03-03T09:00:01Z"}, []),
            ({"end_date": "2026-03-02", "resource_type": "tag"}, ["tag.created"] * 2),
            ({"end_date": "2026-03-02T09:00:00Z", "resource_type": "tag"}, []),
            ({"action": "tag.created", "start_date": "2026-03-03"}, []),
        ],
        ids=lambda each: "-".join(f"{k}={v}" for k, v in each.items()) if isinstance(each, dict) else "",
    )
    def test_all_must_fit(self, log: Person, query: dict[str, str], actions: list[str]) -> None:
        assert [row["action"] for row in log.get(PATH, **query).data] == actions

    def test_words_of_events_are_taken_and_those_of_the_log_answered(self, log: Person) -> None:
        both = [
            log.get(PATH, action=word).data for word in ("workspace.member_added", "workspace.member.added")
        ]
        assert both[0] == both[1]
        assert {row["action"] for row in both[0]} == {"workspace.member_added"}

    @pytest.mark.parametrize(
        ("query", "fields"),
        [
            ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, {"end_date"}),
            ({"start_date": "yesterday"}, {"start_date"}),
            ({"user_id": "you"}, {"user_id"}),
            ({"resource_id": "1"}, {"resource_id"}),
            ({"page_size": 101}, {"page_size"}),
            ({"colour": "red"}, {"colour"}),
        ],
        ids=["reversed", "no-date", "no-user", "no-id", "page", "unknown"],
    )
    def test_wrong_ones_are_named(self, boss: Person, query: dict[str, Any], fields: set[str]) -> None:
        reply = boss.get(PATH, **query)
        assert (reply.status, set(reply.faults)) == (422, fields)

    def test_a_cursor_leads_through_all(self, log: Person) -> None:
        whole = [row["id"] for row in log.get(PATH).data]
        found, cursor = [], None
        while True:
            page = log.get(PATH, page_size=2, **({"cursor": cursor} if cursor else {}))
            found += [row["id"] for row in page.data]
            cursor = page.json["pagination"]["next_cursor"]
            if cursor is None:
                break
        assert found == whole
        assert log.get(PATH).json["pagination"]["page_size"] == 50

    def test_a_page_keeps_to_the_budget(self, world: World, log: Person) -> None:
        log.get(PATH)
        with world.statements() as seen:
            assert log.get(PATH, page_size=2).status == 200
        assert len(seen) <= 6


class TestExport:
    def test_csv_and_json_lines_hold_what_the_list_shows(self, boss: Person) -> None:
        rename(boss, "=2+2")
        wanted = [row["id"] for row in boss.get(PATH).data]
        table = list(csv.DictReader(io.StringIO(boss.get(f"{PATH}/export").body.decode())))
        lines = boss.get(f"{PATH}/export", format="jsonl").body.splitlines()
        assert [row["id"] for row in table[1:]] == wanted
        assert [json.loads(line)["id"] for line in lines[2:]] == wanted
        # That it was taken out stands in the log, and so in what was taken out.
        assert [table[0]["action"], json.loads(lines[0])["action"]] == ["audit.exported"] * 2

    def test_cells_that_a_spreadsheet_would_calculate_are_text(self, boss: Person) -> None:
        boss.client.environ_base |= {"REMOTE_ADDR": "=1+1"}
        rename(boss, "Beta")
        assert ",'=1+1," in boss.get(f"{PATH}/export").body.decode()


class TestImmutable:
    """Whoever holds the application's own connection cannot rewrite what was recorded."""

    @pytest.fixture
    def engine(self, world: World, boss: Person) -> Iterator[Engine]:
        world.drain()
        opened = open_bare(world.database_url)
        yield opened
        opened.dispose()

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM core__event",
            "UPDATE core__event SET type = 'nothing.happened'",
            "UPDATE core__event SET user_id = NULL",
            "UPDATE core__event SET changes = NULL",
            "UPDATE core__event SET position = position + 1000",
        ],
    )
    def test_plain_sql_is_refused(self, engine: Engine, statement: str) -> None:
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)

    @pytest.mark.parametrize("statement", [delete(EventRow), update(EventRow).values(origin="import")])
    def test_a_unit_of_work_is_refused(self, world: World, boss: Person, statement: Any) -> None:
        with pytest.raises(DBAPIError, match="append-only"), world.kernel.db.write(Scope.system()) as uow:
            uow.execute(unscoped("a test", statement))

    def test_no_method_of_the_api_writes(self, boss: Person) -> None:
        entry = boss.get(PATH).data[0]["id"]
        for method in ("PUT", "PATCH", "DELETE", "POST"):
            assert boss.request(method, f"{PATH}/{entry}", {}).status == 405


def test_a_page_of_many_needs_no_full_scan(new_world: Callable[..., World]) -> None:
    """The plan of each view, with a few thousand rows that nobody may hear of."""
    world = new_world()
    boss = world.person("boss")
    fill(world, boss, 3000)
    rename(boss, "Beta")
    admin = world.administrator()
    asked: list[tuple[Person, dict[str, Any]]] = [
        (boss, {}),
        (boss, {"action": "thing.updated"}),
        (boss, {"start_date": "2026-01-01", "end_date": "2026-01-02"}),
        (boss, {"user_id": "me"}),
        (admin, {}),
        (admin, {"user_id": boss.id}),
    ]
    for person, query in asked:
        plan = plans(world, person, query)
        assert "SCAN core__event" not in plan.replace("SCAN core__event USING INDEX", ""), (query, plan)
        assert "Seq Scan on core__event " not in plan, (query, plan)


def test_a_rare_kind_of_thing_is_not_searched_for_through_the_whole_log(
    new_world: Callable[..., World],
) -> None:
    """An index tells them apart, so that a page of few entries does not read those of the workspace."""
    world = new_world()
    boss = world.person("boss")
    fill(world, boss, 3000)
    rename(boss, "Beta")
    for query in ({"resource_type": "workspace"}, {"action": "project.*"}):
        plan = plans(world, boss, query, counting=True)
        assert "ix_core__event_workspace" not in plan, plan
        assert any(f"ix_core__event_{name}" in plan for name in ("kind", "aggregate", "type")), plan


def fill(world: World, person: Person, count: int) -> None:
    from datetime import timedelta

    now = world.clock.now()
    common = {
        "schema_version": 1, "public": True, "aggregate_type": "Task", "actor_kind": "user",
        "origin": "import", "payload": {}, "hop": 0, "recorded_at": now, "workspace_id": person.workspace_id,
    }  # fmt: skip
    rows = [
        {
            **common,
            "id": new_id(),
            "type": "thing.updated" if number % 10 else "thing.created",
            "aggregate_id": new_id(),
            "user_id": person.id if number % 3 else None,
            "position": 10_000 + number,
            "occurred_at": now - timedelta(minutes=number),
        }
        for number in range(count)
    ]
    with world.kernel.db.write(Scope.system()) as uow:
        uow.connection.execute(unscoped("a test", EventRow.__table__.insert()), rows)
    engine = open_bare(world.database_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def plans(world: World, person: Person, query: dict[str, Any], *, counting: bool = False) -> str:
    """How the database answers the statement of a page, in its words; with `counting` its total too."""
    from sqlalchemy import event

    engine, seen = world.kernel.db.engines.read, []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "core__event_caller" in statement and (counting or "ORDER BY" in statement):
            seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    assert person.get(PATH, **query).status == 200
    event.remove(engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    bare = open_bare(world.database_url)
    try:
        with bare.connect() as connection:
            rows = [
                row
                for statement, parameters in seen
                for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)
            ]
    finally:
        bare.dispose()
    assert rows
    return "\n".join(" ".join(map(str, row)) for row in rows)
