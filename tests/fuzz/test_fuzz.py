"""Whatever is sent to an operation, within its schemas or against them, the answer is one that the document
describes, and never a 5xx.

Generated from the OpenAPI document with a fixed seed, 25 examples an operation, each with a session of its
own since some operations end the caller's. Two thirds of the examples name records that are there, so that
more is reached than the answer that there is no such record.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

SEED = 20260302
EXAMPLES = 25
SHARDS = 16
"""Parts of the document, so that several processes share the work."""

NEVER_OFF = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
}
"""What the fuzzing stands for."""

SWITCHED_OFF = tomllib.loads((Path(__file__).parent / "switched_off.toml").read_text())


def test_no_check_is_switched_off_that_the_fuzzing_stands_for():
    assert NEVER_OFF.isdisjoint(SWITCHED_OFF)
    assert all(reason.strip() for reason in SWITCHED_OFF.values())


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_answer_is_a_documented_one(world, listed, new_party, api, shard):
    found = [result.ok() for result in api.get_all_operations()]
    fuzzer = Fuzzer(world, listed, new_party)

    for operation in found[shard::SHARDS]:
        fuzzer.try_out(operation)
        world.clock.advance(3600)  # what it guessed wrong at sign-in must not bar the next one
        for plugin_id in world.kernel.switches.off():
            world.kernel.switches.set(plugin_id, True)

    assert not fuzzer.faults, "\n\n".join(fuzzer.faults)


class Fuzzer:
    """Tries operations out and keeps what is wrong with the answers."""

    def __init__(self, world, listed, new_party):
        self.world, self.listed, self.new_party = world, listed, new_party
        self.faults = []
        self.checks = {
            name: CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in SWITCHED_OFF
        }

    def try_out(self, operation):
        """Send examples to an operation, of somebody who has just signed in."""
        self.party = self.new_party()

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases(operation), known=st.sampled_from([True, True, False]))
        def examples(case, known):
            try:
                if known:
                    self.name_what_is_there(case)
                self.send(case, known)
            # Not left to Hypothesis, which would send it again to a server that has changed meanwhile.
            except (Exception, BaseExceptionGroup) as error:
                self.faults.append(f"{operation.label}: {error}")

        examples()

    def name_what_is_there(self, case):
        """Put ids of the person's own records where the operation takes ids."""
        operation = self.listed[case.operation.definition.raw["operationId"]]
        request = self.party.request(operation.id)
        case.path_parameters = {**(case.path_parameters or {}), **request["path"]}
        places = {"query": case.query, "body": case.body}
        for place, key in operation.ids:
            given = places.get(place)
            if isinstance(given, dict) and key in given and key in request[place]:
                given[key] = request[place][key]

    def send(self, case, known):
        """Send one example, and hold the answer against the document."""
        headers = {"Authorization": f"Bearer {self.world.token(self.party.person.id)}"}
        response = case.call(headers=headers)
        if response.status_code < 300 and case.method != "GET":
            self.party = self.new_party()  # what was named may be gone
        # An id that is there may have taken the place of what was wrong.
        left_out = {"negative_data_rejection"} if known else set()
        # What no server within a test can do, and says so.
        if (
            self.party.makers.refused.get(case.operation.definition.raw["operationId"])
            == response.status_code
        ):
            left_out |= {"not_a_server_error"}
        checks = [check for name, check in self.checks.items() if name not in left_out]
        case.validate_response(response, checks=checks, headers=headers)


def cases(operation):
    """Requests within the schemas of an operation, and, if it reads anything, requests against them."""
    within = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not (operation.body or operation.query):
        return within
    return st.one_of(within, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
