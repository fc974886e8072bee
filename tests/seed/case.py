"""What the walker must know of the data behind one endpoint; the scenario of a section makes one for each of
its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .client import Answer, Client
from .contract import Endpoint
from .shapes import is_id


@dataclass(frozen=True)
class Effect:
    """The read that proves a write: the walker makes it before and after.

    Afterwards one record of it holds all that was written, which none held before: the values of the request
    except the keys in ``unseen``, and the values in ``shows``. With ``gone`` (of a DELETE without ``shows``:
    its own id) the ids bound to those names stand in the answer before and no longer after.
    """

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    shows: Mapping[str, Any] = field(default_factory=dict)
    unseen: Collection[str] = ()
    gone: Sequence[str] = ()


@dataclass(frozen=True)
class Case:
    """A signed-in caller and the data that an endpoint needs.

    ``bindings``: ids for the printed stand-ins and the path parameters ("task_uuid", "project_id").
    ``query``: values for the query parameters that print none. ``keeps``: which records such a parameter
    keeps, where records have no key of its name. ``effect``: the read that proves a write.
    """

    client: Client
    bindings: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keeps: Mapping[str, Callable[[Any, str], bool]] = field(default_factory=dict)
    effect: Effect | None = None

    def path(self, template: str) -> str:
        """Fill the path parameters in."""
        return re.sub(r"\{(\w+)\}", lambda name: self.bindings[name[1]], template)

    def request(self, printed: Any) -> Any:
        """Put ids in the place of the printed stand-ins and leave everything else as printed."""
        if isinstance(printed, dict):
            return {key: self.request(value) for key, value in printed.items()}
        if isinstance(printed, list):
            return [self.request(value) for value in printed]
        return self.bindings[printed] if is_id(printed) else printed


def path_parameters(template: str) -> list[str]:
    """Names between braces, in their order."""
    return re.findall(r"\{(\w+)\}", template)


def stand_ins(printed: Any) -> list[str]:
    """Printed texts that stand for an id, such as "task_uuid", anywhere in a request."""
    if isinstance(printed, dict | list):
        values = printed.values() if isinstance(printed, dict) else printed
        return [name for value in values for name in stand_ins(value)]
    return [printed] if is_id(printed) else []


def unbound(endpoint: Endpoint, case: Case) -> list[str]:
    """Names to which the case binds no id, so that the request cannot be sent."""
    names = path_parameters(endpoint.path) + stand_ins(endpoint.request)
    if case.effect:
        names += gone(endpoint, case.effect) + path_parameters(case.effect.path)
    return [name for name in dict.fromkeys(names) if name not in case.bindings]


def gone(endpoint: Endpoint, effect: Effect) -> list[str]:
    """Names of the bound ids that the write takes out of the read."""
    if endpoint.method == "DELETE" and not effect.shows and not effect.gone:
        return path_parameters(endpoint.path)[-1:]
    return list(effect.gone)


def records(answer: Answer) -> list[dict[str, Any]]:
    """What an answer is about: the objects of its list, or the one object it holds."""
    data = answer.json.get("data") if isinstance(answer.json, dict) else None
    return [record for record in (data if isinstance(data, list) else [data]) if isinstance(record, dict)]
