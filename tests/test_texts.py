"""Everything that the kernel and the first-party plugins say to people is said in Vietnamese too.

A text that somebody rewords lacks its translation until the catalogue has it under the new words, and the old
translation is one that nobody needs: both are named here, with the place.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pronaflow_kernel.texts.catalogues import Catalogue, catalogues
from pronaflow_kernel.texts.said import FOREIGN, said, written

PACKAGES = [
    "pronaflow_kernel",
    *sorted(
        f"pronaflow_{path.parent.name}" for path in Path(__file__).parents[1].glob("plugins/*/pyproject.toml")
    ),
]


def catalogue(package: str) -> Catalogue:
    found = [each for each in catalogues(package) if each.language == "vi-VN" and each.owner is None]
    return found[0] if found else Catalogue("vi-VN", {})


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_lacks_a_translation(package: str) -> None:
    known = catalogue(package)
    foreign = dict.fromkeys(FOREIGN, "marshmallow") if package == "pronaflow_kernel" else {}
    lacking = {
        text: place
        for text, place in {**said(package), **foreign}.items()
        if text not in known.texts and text not in known.plurals
    }

    assert lacking == {}, f"add these to {package}/locale/vi_VN.po"


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_translated_that_nobody_says(package: str) -> None:
    known = catalogue(package)
    spoken = {*said(package), *written(package), *FOREIGN}

    assert {*known.texts, *known.plurals} - spoken == set(), f"take these out of {known.path}"
