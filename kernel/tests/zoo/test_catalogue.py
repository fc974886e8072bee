"""The catalogue itself: nothing that can break is without its animal."""

from __future__ import annotations

import re

import pytest

from pronaflow_kernel.plugins.lifecycle import STATES
from pronaflow_kernel.plugins.specs import kernel_specs
from pronaflow_kernel.testing.zoo import _HOUSES, ANIMALS, Animal


@pytest.mark.parametrize("hook", kernel_specs())
def test_every_hook_has_an_animal_that_raises_in_it(hook: str) -> None:
    assert f"raises_in_{hook}" in ANIMALS


@pytest.mark.parametrize("animal", ANIMALS.values(), ids=str)
def test_every_animal_says_what_is_wrong_and_what_must_be_seen(animal: Animal) -> None:
    assert re.fullmatch(r"[A-Z][^\n]*\.", animal.wrong)
    assert animal.state in STATES and animal.ends in STATES
    assert animal.words
    assert (animal.state == "ready") == (animal.poke is not None) == bool(animal.sees)


def test_no_two_animals_share_an_id() -> None:
    ids = [animal.id for house in _HOUSES for animal in house.ANIMALS]
    ids += [companion.id for animal in ANIMALS.values() for companion in animal.companions]
    assert sorted(ids) == sorted({*ids} | {"twins"}) or ids.count("twins") == 2
