"""Animals that start well and fail the questions that are put to them while the server runs.

Those that have a say misbehave only when poked: what they refuse must not be everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...plugins.breaker import FAILURES
from .animal import Animal, arguments_of, implements, source
from .pokes import asks_permission, collects, discards, erases, is_counted, lists, signs_in, writes
from .tables import with_trace

if TYPE_CHECKING:
    from .animal import Poke

REFUSED = "503 PLUGIN_FAILED"
"""What a caller sees where a plugin had a say and failed instead."""

LEAVE = "\n\nclass Leave(BaseException):\n    pass\n"

DEEDS = {
    # verb: (what it does, statement, what the log says of it)
    "raises": ("raises", "raise RuntimeError('this is too much')", "RuntimeError: this is too much"),
    "exits": ("ends the process", "raise SystemExit(3)", "SystemExit: 3"),
    "leaves": ("raises what is no Exception", "raise Leave('I am leaving')", "Leave: I am leaving"),
    "recurses": ("calls itself without end", "return self.{hook}({arguments})", "RecursionError"),
}

_WHEN = {
    "check_permission": "if permission == 'neighbour.poke':",
    "check_change": "if changes.get('title') == 'poke':",
    "pick_principal": "if credential == 'poke':",
    "pick_rate_limit": "if principal.username.startswith('poke'):",
    "pick_trash_policy": "if (reader.scope.principal.username or '').startswith('poke'):",
    "extend_payload": "if rows:",
    "collect_user_data": "if user_id:",
    "erase_user_data": "if user_id:",
}


def _statement(verb: str, hook: str) -> str:
    return DEEDS[verb][1].format(hook=hook, arguments=", ".join(arguments_of(hook)))


def _does(verb: str, hook: str, poke: Poke | None = None, sees: str = REFUSED, ends: str = "ready") -> Animal:
    id = f"{verb}_in_{hook}"
    body = f"{_WHEN[hook]}\n    {_statement(verb, hook)}"
    return Animal(
        id,
        f"It {DEEDS[verb][0]} in {hook}.",
        state="ready",
        words=(hook, id, DEEDS[verb][2]),
        declares=f'hooks = ["{hook}"]',
        plugin=source(implements(hook, body), head=LEAVE),
        poke=poke or lists(id),
        sees=sees,
        ends=ends,
    )


def _after_write(hook: str, poke: Poke) -> Animal:
    id = f"spills_in_{hook}"
    body = f"{_WHEN[hook]}\n    uow.insert(Trace, {{'text': 'half done'}})\n    {_statement('raises', hook)}"
    return with_trace(
        Animal(
            id,
            f"It writes and then raises in {hook}.",
            state="ready",
            words=(hook, id, "RuntimeError: this is too much"),
            declares=f'hooks = ["{hook}"]',
            poke=poke,
            sees=REFUSED,
        ),
        implements(hook, body),
    )


def _answers(id: str, wrong: str, hook: str, body: str, *words: str) -> Animal:
    return Animal(
        id,
        wrong,
        state="ready",
        words=(hook, id, *words),
        declares=f'hooks = ["{hook}"]',
        plugin=source(implements(hook, body)),
        poke=collects if hook == "collect_user_data" else lists(id),
        sees="data of nobody" if hook == "collect_user_data" else "200 without ext",
        ends="degraded",
    )


def _limits(id: str, wrong: str, answer: str, word: str) -> Animal:
    return Animal(
        id,
        wrong,
        state="ready",
        words=("pick_rate_limit", id, word),
        declares='hooks = ["pick_rate_limit"]',
        plugin=source(implements("pick_rate_limit", f"{_WHEN['pick_rate_limit']}\n    return {answer}")),
        poke=is_counted,
        sees=_FALLS_BACK,
        ends="degraded",
    )


_LEFT_OUT = {"sees": "200 without ext", "ends": "degraded"}
_FALLS_BACK = "200, limit default"

ANIMALS = (
    _does("raises", "check_permission", asks_permission),
    _does("exits", "check_permission", asks_permission),
    *(_does(verb, "check_change", writes) for verb in DEEDS),
    _after_write("check_change", writes),
    _does("raises", "pick_principal", signs_in),
    *(_does(verb, "pick_rate_limit", is_counted, _FALLS_BACK, "degraded") for verb in DEEDS),
    _limits(
        "no_tier_for_pick_rate_limit",
        "It answers a limit whose tier would break the headers.",
        r"api.RateLimit(60, 'pro\r\nSet-Cookie: a=b', 'all')",
        "ValueError: tier must be",
    ),
    _limits(
        "number_for_pick_rate_limit",
        "It answers a number where a limit is due.",
        "60",
        "must answer a RateLimit, not int",
    ),
    _does("raises", "pick_trash_policy", discards),
    *(_does(verb, "extend_payload", None, **_LEFT_OUT) for verb in DEEDS),
    _does("raises", "collect_user_data", collects, "data of nobody", "degraded"),
    _does("raises", "erase_user_data", erases),
    _after_write("erase_user_data", erases),
    Animal(
        "sleeps_in_extend_payload",
        "It has nothing to add to the shown records, and takes its time to say so.",
        state="ready",
        words=("extend_payload", "sleeps_in_extend_payload", "took", "plugins.slow_hook_ms"),
        declares='hooks = ["extend_payload"]',
        plugin=source(implements("extend_payload", "time.sleep(0.1)"), head="import time"),
        poke=lists("sleeps_in_extend_payload", FAILURES),
        sees="200 without ext",
        ends="degraded",
    ),
    _answers(
        "list_for_extend_payload",
        "It answers a list where a mapping from record ids is due.",
        "extend_payload",
        "return [row['id'] for row in rows]",
        "must answer a mapping, not list",
    ),
    _answers(
        "no_json_for_extend_payload",
        "It answers something that JSON has no word for.",
        "extend_payload",
        "return {row['id']: {1, 2} for row in rows}",
        "not JSON serializable",
    ),
    _answers(
        "list_for_collect_user_data",
        "It answers a list where a mapping from kinds to rows is due.",
        "collect_user_data",
        "return [user_id]",
        "must answer a mapping, not list",
    ),
)
