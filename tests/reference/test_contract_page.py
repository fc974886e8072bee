"""The page on the contract suite lists the checks there are, in their words and their order."""

from __future__ import annotations

import re

from pronaflow_kernel.testing.contract import CHECKS

from .installation import ROOT

PAGE = ROOT / "docs/how-to/check-a-plugin.md"


def test_the_page_lists_every_check():
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(check.name, check.summary) for check in CHECKS]
