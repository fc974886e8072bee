"""Query parameters of a read: each is sent with each of its values, and a filter must really filter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .case import Case, records
from .client import Answer
from .contract import Endpoint, Parameter

Send = Callable[[Mapping[str, str]], Answer]
Check = Callable[[Answer, Mapping[str, str]], Iterator[str]]

# How lists are paged: size, place, and the place of the second record where the size is one.
_PAGINGS = (("page_size", "page", "2"), ("limit", "offset", "1"))


def values(parameter: Parameter, case: Case) -> Sequence[str]:
    """Values to send: those the seed prints, else those of the case."""
    printed = ("true", "false") if parameter.kind == "boolean" else parameter.choices
    return printed or case.query.get(parameter.name, ())


def required(endpoint: Endpoint, case: Case) -> dict[str, str]:
    """Parameters that every request must carry."""
    return {p.name: values(p, case)[0] for p in endpoint.parameters if p.required and values(p, case)}


def parameter_problems(
    endpoint: Endpoint, case: Case, plain: Answer, send: Send, check: Check
) -> Iterator[str]:
    """Send every documented parameter; ``plain`` is the answer without any but the required ones."""
    named = {parameter.name: parameter for parameter in endpoint.parameters}
    for size, place, second in _PAGINGS:
        if size in named and place in named:
            yield from _paging_problems(named.pop(size), named.pop(place), second, plain, send, check)
    for parameter in named.values():
        if not (sent := values(parameter, case)):
            yield f"the case has no value for the query parameter {parameter.name}"
        keeps = case.keeps.get(parameter.name) or _by_key(endpoint, parameter.name)
        yield from _filter_problems(parameter.name, sent, keeps, records(plain), send, check)


def _paging_problems(
    size: Parameter, place: Parameter, second: str, plain: Answer, send: Send, check: Check
) -> Iterator[str]:
    everything = records(plain)
    if len(everything) < 2:
        yield f"the case has fewer than two records, so that {place.name} proves nothing"
    for query, expected in (
        ({size.name: str(size.default), place.name: str(place.default)}, everything),
        ({size.name: "1", place.name: second}, everything[1:2]),
    ):
        answer = send(query)
        label = "?" + "&".join(f"{name}={value}" for name, value in query.items())
        yield from (f"{label}: {problem}" for problem in check(answer, query))
        if _ids(answer) != [_id(record) for record in expected]:
            yield f"{label} answers other records than those of that page"
        counts = answer.json if isinstance(answer.json, dict) else {}
        counts = counts["pagination"] if isinstance(counts.get("pagination"), dict) else counts
        echoed = {name: int(value) for name, value in query.items() if name in counts}
        for name, value in {"total": len(everything), **echoed}.items():
            if counts.get(name) != value:
                yield f"{label} tells {name}={counts.get(name)}, expected {value}"


def _filter_problems(
    name: str,
    sent: Sequence[str],
    keeps: Callable[[Any, str], bool] | None,
    everything: list[Any],
    send: Send,
    check: Check,
) -> Iterator[str]:
    kept: list[int] = []
    for value in sent:
        answer = send({name: value})
        yield from (f"?{name}={value}: {problem}" for problem in check(answer, {name: value}))
        if keeps and answer.status == 200:
            found, expected = _ids(answer), [_id(record) for record in everything if keeps(record, value)]
            kept.append(len(expected))
            if found != expected:
                yield f"?{name}={value} answers {len(found)} records, expected the {len(expected)} that match"
    if kept and (max(kept) == 0 or min(kept) == len(everything)):
        yield f"no value of the case shows that {name} filters: one must keep a record and one must drop one"


def _by_key(endpoint: Endpoint, name: str) -> Callable[[Any, str], bool] | None:
    """Filter on the documented key that is called like the parameter, if records have one."""
    data = endpoint.response.get("data") if endpoint.response else None
    if not isinstance(data, list) or name not in data[0]:
        return None
    return lambda record, value: str(record.get(name)).lower() == value.lower()  # true is True here


def _ids(answer: Answer) -> list[Any]:
    return [_id(record) for record in records(answer)]


def _id(record: dict[str, Any]) -> Any:
    return record.get("id", record)
