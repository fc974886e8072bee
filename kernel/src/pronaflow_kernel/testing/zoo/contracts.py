"""Animals that break the contract by what they bring: hooks, claims, services, settings."""

from __future__ import annotations

from .animal import Animal, implements, source

_SCHEMA = """
class Payload(api.Schema):
    pass
"""
_SERVICE = """
from typing import Protocol


class Treats(Protocol):
    def give(self, reader: api.Reader, how_many: int) -> int:
        ...
"""


def _brings(hook: str, answer: str, head: str = "") -> str:
    return source(implements(hook, f"return {answer}"), head=head)


def _service(id: str, wrong: str, give: str, words: tuple[str, ...]) -> Animal:
    """One whose service `Treats` has only the method with this source."""
    head = f"{_SERVICE}\n\nclass Bag:\n{give}\n"
    return Animal(
        id, wrong, words=words, traced=True, plugin=_brings("provide_services", "{Treats: Bag()}", head)
    )


HOOKS = (
    Animal(
        "wrong_signature",
        "Its hook asks for an argument that the hook has not.",
        words=("check_change", "colour"),
        traced=True,
        declares='hooks = ["check_change"]',
        plugin=source("@api.hookimpl\ndef check_change(self, uow, resource, colour):\n    pass"),
    ),
    Animal(
        "misspelt_hook",
        "It implements a hook that does not exist but nearly sounds like one.",
        words=("extend_payloads", "did you mean extend_payload"),
        traced=True,
        declares='hooks = ["extend_payloads"]',
        plugin=source("@api.hookimpl\ndef extend_payloads(self, reader, resource, rows):\n    return {}"),
    ),
    Animal(
        "pushy",
        "Its hook wants to be asked before all others.",
        words=("check_change", "first"),
        traced=True,
        declares='hooks = ["check_change"]',
        plugin=source("@api.hookimpl(tryfirst=True)\ndef check_change(self, uow):\n    pass"),
    ),
    Animal(
        "wrapper",
        "Its hook wraps the answers of all others.",
        words=("extend_payload", "around"),
        traced=True,
        declares='hooks = ["extend_payload"]',
        plugin=source("@api.hookimpl(wrapper=True)\ndef extend_payload(self):\n    return (yield)"),
    ),
    Animal(
        "lost_hook",
        "It implements a hook of a plugin that has no such hook.",
        words=("provide_pebble_colours",),
        traced=True,
        declares='requires = { neighbour = ">=0" }\nhooks = ["neighbour:provide_pebble_colours"]',
        plugin=source("@api.hookimpl\ndef provide_pebble_colours(self):\n    return ()"),
    ),
    Animal(
        "empty_specs",
        "It publishes a module of hook specifications that specifies nothing.",
        words=("specifies no hook", "@hookspec"),
        traced=True,
        plugin=_brings("provide_hookspecs", "Empty", "\n\nclass Empty:\n    pass\n"),
    ),
    Animal(
        "rival_spec",
        "It publishes a hook that the kernel has already.",
        words=("check_change", "exists already"),
        traced=True,
        plugin=_brings(
            "provide_hookspecs",
            "Specs",
            '''

            class Specs:
                @api.hookspec
                def check_change(self, resource: str) -> None:
                    """Never asked."""
            ''',
        ),
    ),
)

SERVICES = (
    _service(
        "no_method",
        "Its service lacks a method of its Protocol.",
        "    pass",
        ("Treats", "give"),
    ),
    _service(
        "fewer_arguments",
        "A method of its service takes fewer arguments than its Protocol says.",
        "    def give(self, reader):\n        return 1",
        ("Treats", "give", "how_many"),
    ),
    _service(
        "more_arguments",
        "A method of its service demands an argument that its Protocol does not know.",
        "    def give(self, reader, how_many, to_whom):\n        return 1",
        ("Treats", "give", "to_whom"),
    ),
    _service(
        "other_arguments",
        "A method of its service calls an argument by another name than its Protocol.",
        "    def give(self, reader, amount):\n        return 1",
        ("Treats", "give", "how_many"),
    ),
    _service(
        "no_function",
        "Its service has a number where its Protocol has a method.",
        "    give = 3",
        ("Treats", "give"),
    ),
)

CONTAINERS = tuple(
    Animal(
        id,
        wrong,
        words=words,
        traced=True,
        plugin=_brings(
            "provide_services",
            "{api.Containers: Walls()}",
            f"""

            class Walls:
                def role(self, reader, container_id, *, trashed=False):
                    return None

                def visible(self, *, trashed=False):
                    {statement}

                def seeing(self, reader, container_id, user_ids):
                    return user_ids
            """,
        ),
    )
    for id, wrong, statement, words in (
        (
            "raises_in_visible",
            "It owns the containers and raises when it is asked which of them one sees.",
            "raise RuntimeError('all is dark')",
            ("RuntimeError: all is dark",),
        ),
        (
            "number_for_visible",
            "It owns the containers and answers 7 when it is asked which of them one sees.",
            "return 7",
            ("Containers.visible() answers int where a SELECT must be",),
        ),
    )
)

CLAIMS = (
    Animal(
        "rival_permission",
        "It provides a permission that the neighbour provides.",
        words=("permission 'neighbour.read' exists already",),
        traced=True,
        declares='uses = ["neighbour"]\npermissions = ["read:pebbles"]',
        plugin=_brings("provide_permissions", "[api.Permission('neighbour.read', 'Rival', 'read:pebbles')]"),
    ),
    Animal(
        "rival_resource",
        "It provides a resource type that the neighbour provides.",
        words=("resource type 'pebble' exists already",),
        traced=True,
        declares='requires = { neighbour = ">=0" }',
        plugin=_brings(
            "provide_resources",
            "[api.Resource('pebble', Pebble, 'title')]",
            "\nfrom zoo_neighbour.models import Pebble\n",
        ),
    ),
    Animal(
        "rival_event",
        "It provides an event type that the neighbour provides.",
        words=("event type 'pebble.created' exists already",),
        traced=True,
        declares='uses = ["neighbour"]\n[events]\nemits = ["pebble.created"]',
        plugin=_brings("provide_event_types", "[api.EventType('pebble.created', 'P', Payload)]", _SCHEMA),
    ),
    Animal(
        "rival_health_check",
        "Its health check has the name of the kernel's own.",
        words=("health check 'database' exists already",),
        traced=True,
        plugin=_brings("provide_health_checks", "[api.HealthCheck('database', bool)]"),
    ),
    Animal(
        "echo",
        "Two of its subscribers share a name.",
        words=("provide_subscribers", "two subscribers are called ear"),
        traced=True,
        declares='[events]\nlistens = ["pebble.*"]',
        plugin=_brings("provide_subscribers", "[api.Subscriber('ear', ('pebble.*',), print)] * 2"),
    ),
    Animal(
        "twin_jobs",
        "Two of its jobs share a name.",
        words=("provide_jobs", "two jobs are called dig"),
        traced=True,
        plugin=_brings("provide_jobs", "[api.JobType('dig', print)] * 2"),
    ),
    Animal(
        "odd_schedule",
        "One of its jobs comes due at a time that does not exist.",
        words=("provide_jobs", "dig"),
        traced=True,
        plugin=_brings(
            "provide_jobs", "[api.JobType('dig', print, schedules=(api.Schedule('0 25 * * *'),))]"
        ),
    ),
    Animal(
        "rival_service",
        "It provides a service that the neighbour provides.",
        words=("service Pebbles", "neighbour"),
        traced=True,
        declares='requires = { neighbour = ">=0" }',
        plugin=_brings(
            "provide_services",
            "{Pebbles: Bag()}",
            """
            from zoo_neighbour.api import Pebbles


            class Bag:
                def count(self, reader):
                    return 7
            """,
        ),
    ),
    Animal(
        "bad_permission_file",
        "Its permissions.toml grants a permission to a role that does not exist.",
        words=("permission bad_permission_file.read", "unknown role emperor"),
        traced=True,
        plugin=_brings("provide_permissions", "api.load_permissions(__package__)"),
        files={
            "permissions.toml": '["bad_permission_file.read"]\nsummary = "x"\nscope = "read:x"\n'
            'workspace = ["emperor"]\n'
        },
    ),
    Animal(
        "odd_settings",
        "Its section of the settings holds something that settings cannot be.",
        words=("Section.when", "cannot be set"),
        traced=True,
        plugin=_brings(
            "provide_settings",
            "Section",
            """
            from dataclasses import dataclass
            from datetime import datetime


            @dataclass(frozen=True)
            class Section:
                when: datetime = api.setting(None, "When.")
            """,
        ),
    ),
    Animal(
        "plain_settings",
        "Its section of the settings is no dataclass.",
        words=("provide_settings", "dataclass"),
        traced=True,
        plugin=_brings("provide_settings", "int"),
    ),
)
ANIMALS = (*HOOKS, *SERVICES, *CONTAINERS, *CLAIMS)
