"""Animals that start well and break while they serve: routes, subscribers, services and the like."""

from __future__ import annotations

from .animal import Animal, implements, source
from .answers import DEEDS, LEAVE
from .pokes import checks_health, digs, hears, runs, visits
from .tables import with_trace

BROKEN = "500 INTERNAL_ERROR"
"""What the caller of a broken route sees; whose fault it is stands in the log."""

_LOGGED = {**DEEDS, "recurses": ("calls itself without end", "return {itself}", "RecursionError")}


def route(id: str, body: str, method: str = "GET") -> str:
    """Source of a hook that brings one public route, whose handler gets `db`: a reader or a unit of work."""
    lines = [
        f'blp = api.Blueprint("{id}", url_prefix="/api/v1/{id}", tag="Zoo")',
        "",
        f'@blp.endpoint("{method}", "", permission=api.PUBLIC)',
        "def visit(db):",
        '    """Visit."""',
        *(f"    {line}" for line in body.strip().splitlines()),
        "    return {'visited': True}",
        "",
        "return [blp]",
    ]
    return implements("provide_blueprints", "\n".join(lines))


def _handler(id: str, wrong: str, body: str, *words: str, method: str = "GET", head: str = "") -> Animal:
    return Animal(
        id,
        wrong,
        state="ready",
        words=words,
        plugin=source(route(id, body, method), head=head),
        poke=visits(id, method),
        sees=BROKEN,
    )


def _handler_does(verb: str) -> Animal:
    does, statement, logged = _LOGGED[verb]
    id = f"{verb}_in_handler"
    return _handler(id, f"Its route {does}.", statement.format(itself="visit(db)"), id, logged, head=LEAVE)


def _subscriber(id: str, wrong: str, body: str, *words: str) -> Animal:
    head = f"{LEAVE}\n\ndef hear(uow, event):\n    {body}\n"
    bring = implements("provide_subscribers", "return [api.Subscriber('ear', ('pebble.created',), hear)]")
    animal = Animal(
        id,
        wrong,
        state="ready",
        words=(f"{id}.ear", *words),
        declares='[events]\nlistens = ["pebble.created"]',
        poke=hears,
        sees="201 heard",
    )
    return with_trace(animal, bring, head=head)


def _subscriber_does(verb: str) -> Animal:
    does, statement, logged = _LOGGED[verb]
    statement = statement.format(itself="hear(uow, event)")
    return _subscriber(f"{verb}_in_subscriber", f"Its subscriber {does}.", statement, logged)


def _job(id: str, wrong: str, body: str, *words: str) -> Animal:
    """One whose route hands in a job that has one attempt."""
    head = f"{LEAVE}\n\ndef dig(uow, args):\n    {body}\n"
    bring = implements("provide_jobs", "return [api.JobType('dig', dig, max_attempts=1)]")
    animal = Animal(
        id,
        wrong,
        state="ready",
        words=(f"{id}.dig", *words),
        poke=digs(id),
        sees="200, given up",
    )
    asks = route(id, "self.ctx.jobs.enqueue(db, 'dig', {})", "POST")
    return with_trace(animal, f"{bring}\n\n{asks}", head=head)


def _job_does(verb: str) -> Animal:
    does, statement, logged = _LOGGED[verb]
    statement = statement.format(itself="dig(uow, args)")
    return _job(f"{verb}_in_job", f"Its job {does}.", statement, logged)


def _after_commit(verb: str) -> Animal:
    does, statement, logged = _LOGGED[verb]
    id = f"{verb}_after_commit"
    head = f"{LEAVE}\n\ndef later():\n    {statement.format(itself='later()')}\n"
    return Animal(
        id,
        f"What it leaves for after the commit {does}.",
        state="ready",
        words=(id, logged),
        plugin=source(route(id, "db.after_commit(later)", "POST"), head=head),
        poke=visits(id, "POST"),
        sees="200",
    )


def _health(verb: str) -> Animal:
    does, statement, logged = _LOGGED[verb]
    id = f"{verb}_in_health_check"
    head = f"{LEAVE}\n\ndef probe():\n    {statement.format(itself='probe()')}\n"
    return Animal(
        id,
        f"Its health check {does}.",
        state="ready",
        words=(id, logged),
        plugin=source(
            implements("provide_health_checks", f"return [api.HealthCheck('{id}', probe)]"), head=head
        ),
        poke=checks_health(id),
        sees="200 ready, unhealthy",
    )


_TREATS = '''
from typing import Protocol

from pronaflow_kernel import api


class Treats(Protocol):
    def give(self) -> int:
        """One."""
        ...
'''


def _service(id: str, wrong: str, body: str, logged: str, marked: str = "") -> Animal:
    """One with a service and a companion whose route asks for it."""
    guest = f"guest_of_{id}"
    give = f"\n\nclass Bag:\n    def give(self):\n        {body}\n"
    from_api = f"\nfrom zoo_{id}.api import Treats\n"
    ask = "self.ctx.services.require(Treats).give()"
    return Animal(
        id,
        wrong,
        state="ready",
        words=(id, logged),
        plugin=source(
            implements("provide_services", "return {Treats: Bag()}"), head=f"{from_api}{LEAVE}{give}"
        ),
        files={"api.py": _TREATS.lstrip().replace("    def give", f"{marked}    def give")},
        companions=(
            Animal(
                guest,
                "Nothing: it asks for a service.",
                state="ready",
                declares=f'requires = {{ {id} = ">=0" }}',
                plugin=source(route(guest, ask), head=from_api),
            ),
        ),
        poke=visits(guest),
        sees=BROKEN,
    )


_WRITES = "db.insert(Trace, {'text': 'half done'})\n"
_OTHERS = """
from sqlalchemy import Column, Integer, MetaData, Table, select, text
from sqlalchemy.schema import CreateTable
from zoo_neighbour.models import Pebble
"""


def _capability(id: str, wrong: str, statement: str, *words: str, method: str = "GET") -> Animal:
    """One that touches what its manifest does not name."""
    return _handler(id, wrong, statement, "CapabilityDenied", id, *words, method=method, head=_OTHERS)


_FORMAT = """
from pronaflow_kernel.web.formats import ErrorFormat


def render(error, now):
    raise RuntimeError('this is too much')
"""

_EVENT = """
class Payload(api.Schema):
    pass


SECRET = api.EventType("secret.told", "Secret", Payload)
"""

ANIMALS = (
    *(_handler_does(verb) for verb in _LOGGED),
    with_trace(
        Animal(
            "spills_in_handler",
            "Its route writes and then raises.",
            state="ready",
            words=("spills_in_handler", "RuntimeError: this is too much"),
            poke=visits("spills_in_handler", "POST"),
            sees=BROKEN,
        ),
        route("spills_in_handler", _WRITES + DEEDS["raises"][1], "POST"),
    ),
    _handler(
        "no_json_from_handler",
        "Its route answers something that JSON has no word for.",
        "return {'visited': {1, 2}}",
        "no_json_from_handler",
        "not JSON serializable",
    ),
    *(_subscriber_does(verb) for verb in _LOGGED),
    _subscriber(
        "spills_in_subscriber",
        "Its subscriber writes and then raises.",
        "uow.insert(Trace, {'text': 'half done'}); raise RuntimeError('this is too much')",
        "RuntimeError: this is too much",
    ),
    *(_job_does(verb) for verb in _LOGGED),
    _job(
        "spills_in_job",
        "Its job writes and then raises.",
        "uow.insert(Trace, {'text': 'half done'}); raise RuntimeError('this is too much')",
        "RuntimeError: this is too much",
    ),
    *(_after_commit(verb) for verb in _LOGGED),
    *(_health(verb) for verb in _LOGGED),
    _service(
        "raises_in_service",
        "Its service raises, which whoever asked for it must not be blamed for.",
        DEEDS["raises"][1],
        "RuntimeError: this is too much",
    ),
    _service(
        "guarded_service",
        "Nothing: but who asks for its service does not declare the scope that it needs.",
        "return 1",
        "name it under `permissions`",
        marked='    @api.needs_scope("write:treats")\n',
    ),
    Animal(
        "raises_in_command",
        "Its command raises.",
        state="ready",
        words=("raises_in_command", "RuntimeError: this is too much"),
        declares='commands = { raises_in_command = "Fail" }',
        plugin=source(
            implements("provide_commands", "return [click.Command('raises_in_command', callback=run)]"),
            head="\nimport click\n\n\ndef run():\n    raise RuntimeError('this is too much')\n",
        ),
        poke=runs("raises_in_command", "zoo_raises_in_command.plugin:Plugin"),
        sees="exit 1: The command raises_in_command of the plugin raises_in_command failed: "
        "RuntimeError: this is too much",
    ),
    Animal(
        "raises_in_error_format",
        "It cannot render the errors below its path.",
        state="ready",
        words=("raises_in_error_format", "RuntimeError: this is too much"),
        plugin=source(
            implements(
                "provide_error_format", "return ErrorFormat('/api/v1/raises_in_error_format', render)"
            ),
            head=_FORMAT,
        ),
        poke=visits("raises_in_error_format"),
        sees="404 NOT_FOUND",
    ),
    _handler(
        "calls_home",
        "It sends a request to a host that it does not declare.",
        "self.ctx.http.request('GET', 'https://elsewhere.example/')",
        "CapabilityDenied",
        "calls_home",
        "elsewhere.example",
        "network",
    ),
    _capability(
        "reads_users",
        "It reads a table of the kernel that it does not declare.",
        "db.all(select(api.User.id))",
        "core__user",
        "`reads`",
    ),
    _capability(
        "reads_pebbles",
        "It reads a table of the neighbour that it does not declare.",
        "db.all(api.unscoped('nosy', select(Pebble.id)))",
        "neighbour__pebble",
        "`reads`",
    ),
    _capability(
        "writes_users",
        "It writes into a table of the kernel.",
        "db.insert(api.User, {'email': 'intruder@example.com'})",
        "core__user",
        "does not own",
        method="POST",
    ),
    _capability(
        "speaks_sql",
        "It runs SQL that is text.",
        "db.execute(api.unscoped('sly', text('DELETE FROM neighbour__pebble')))",
        "text SQL",
        method="POST",
    ),
    _capability(
        "whispers_sql",
        "It passes SQL to the driver.",
        "db.connection.exec_driver_sql('DELETE FROM neighbour__pebble')",
        "text SQL",
        method="POST",
    ),
    _capability(
        "makes_tables",
        "It makes a table while it serves.",
        "db.connection.execute(CreateTable(Table('makes_tables__toy', MetaData(), Column('id', Integer))))",
        "DDL",
        method="POST",
    ),
    _handler(
        "publishes_secretly",
        "It publishes an event that it does not declare.",
        "db.publish(SECRET, api.new_id(), {})",
        "publishes_secretly",
        "secret.told",
        method="POST",
        head=_EVENT,
    ),
)
