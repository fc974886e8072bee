"""The plugin's tables: there, away and there again, like its models; nothing is left once they are gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from tempfile import mkdtemp

from sqlalchemy import Engine, String, column, func, not_, select, table

from ...persistence import bundles
from ...persistence.autogenerate import drift
from ...persistence.bundles import Bundle, BundleError
from ...persistence.chains import Chain, MigrationError
from ...persistence.engines import open_bare
from ...persistence.migrations import downgrade, upgrade
from ...persistence.removal import bring_back, take_out
from ...plugins.discovery import Candidate
from ..walk import Operation, Party, Request
from ..world import World, migrate_all
from .subject import Subject
from .switching import steady

Requests = list[tuple[Operation, Request]]

KINDS = {"r": "table", "i": "index", "v": "view", "S": "sequence", "m": "materialized view"}
"""PostgreSQL's letters for kinds of relations."""


def there_and_back(subject: Subject) -> Iterator[str]:
    """Migrate up, down and up again; then the tables must be those of the models."""
    chain, url = _chain(subject), subject.new_database()
    migrate_all(url, _others(subject))
    engine = open_bare(url)
    try:
        without = _named(engine)
        upgrade(engine, [chain])
        there = _named(engine)
        downgrade(engine, chain)
        for name in sorted(_named(engine) - without):
            yield f"downgrade() of the migrations leaves {name}: drop it there"
        upgrade(engine, [chain])
        if lost := sorted(there - _named(engine)):
            yield f"after down and up {', '.join(lost)} is missing"
        for line in drift(engine, subject.metadata, subject.id) if subject.metadata is not None else ():
            yield f"models and migrations differ; a further migration would say: {line}"
    except MigrationError as error:
        yield str(error)
    finally:
        engine.dispose()


def uninstalled(subject: Subject) -> Iterator[str]:
    """Use the plugin, take its data out, start the server without it, and bring everything back."""
    url = subject.new_database()
    with subject.fresh(database_url=url) as world:
        party = subject.party("gone", world)
        for kind in sorted(subject.makers.kinds):
            party.id_of(kind)
        world.drain()
        reads = [each for each in subject.operations.values() if each.method == "GET"]
        requests = [(each, party.request(each.id)) for each in reads]
        before = steady(subject, party, requests, lambda: _look(party, requests))
        kinds = [name for name, owner in world.kernel.resource_owners.items() if owner == subject.id]
    engine = open_bare(url)
    try:
        folder = subject.folder / mkdtemp(prefix="bundle-", dir=subject.folder) / "bundle"
        take_out(engine, subject.id, folder, _about(subject))
        for name in _left(engine, subject, kinds):
            yield f"uninstalled with its data in place, {name} is left"
        yield from _without(subject, url)
        bring_back(engine, _chain(subject), folder, bundles.read(folder))
    except (BundleError, MigrationError) as error:
        yield f"with its data in place: {error}"
        return
    finally:
        engine.dispose()
    with subject.fresh(database_url=url) as world:
        party.person = replace(party.person, client=world.app.test_client())
        after = _look(party, requests)
    for name in sorted(name for name in before if before[name] != after[name]):
        yield f"uninstalled and restored, {name} answers {after[name][:200]}, before {before[name][:200]}"


def _chain(subject: Subject) -> Chain:
    return Chain(subject.id, subject.candidate.package)


def _others(subject: Subject) -> list[Candidate]:
    return [each for each in subject.candidates if each.id != subject.id]


def _about(subject: Subject) -> Bundle:
    distribution, version = subject.candidate.distribution, subject.candidate.version
    return Bundle(subject.id, distribution, version, None, "0", "2026-03-02T09:00:00Z", "")


def _look(party: Party, requests: Requests) -> dict[str, str]:
    return {
        str(operation): party.send(operation, request).body.decode(errors="backslashreplace")
        for operation, request in requests
    }


def _without(subject: Subject, url: str) -> Iterator[str]:
    """Whether what it required goes on without it."""
    world = World(url, subject.folder, candidates=_others(subject))
    try:
        for status in world.kernel.plugins.values():
            if status.state != "ready":
                yield f"without {subject.id}, {status.id} is {status.state}: {status.reason}"
        if world.person().get("/api/v1/auth/me").status != 200:
            yield f"without {subject.id}, nobody can read their own account"
    finally:
        world.close()


def _left(engine: Engine, subject: Subject, kinds: list[str]) -> list[str]:
    """What is in a database and would not be there without the plugin, in words.

    Arguments:
        kinds: its resource types, whose trash items count too.
    """
    url = subject.new_database()
    migrate_all(url, _others(subject))
    fresh = open_bare(url)
    found = sorted(_named(engine) - _named(fresh))
    fresh.dispose()
    trash = table("core__trash", column("resource_type", String))
    here = table("core__workspace_plugin", column("plugin_id", String))
    items = select(func.count()).select_from(trash).where(trash.c.resource_type.in_(kinds))
    switches = select(func.count()).select_from(here).where(here.c.plugin_id == subject.id)
    with engine.connect() as connection:
        for statement in (items, switches):
            if count := connection.scalar(statement):
                found.append(f"{count} rows of {statement.get_final_froms()[0]}")
    return found


def _named(engine: Engine) -> set[str]:
    """The tables, indexes, views, sequences and triggers of a database, each with its kind."""
    sqlite = engine.dialect.name == "sqlite"
    known = table(
        "sqlite_master" if sqlite else "pg_class",
        column("name" if sqlite else "relname", String),
        column("type" if sqlite else "relkind", String),
    )
    name, kind = known.c
    own = not_(name.startswith("sqlite_" if sqlite else "pg_", autoescape=True))
    with engine.connect() as connection:
        rows = connection.execute(select(name, kind).where(own))
        return {f"{KINDS.get(row[1], row[1])} {row[0]}" for row in rows}
