"""Print how many tests were skipped, and fail on one that nobody expects to be.

Usage: skips.py REPORT EXPECTED, a JUnit file of pytest and a file of patterns.
"""

import sys
import xml.etree.ElementTree as ElementTree
from fnmatch import fnmatchcase
from pathlib import Path


def main(report: str, expected: str) -> int:
    """Compare the report with the patterns; 1 if a skip is not expected or if no test ran."""
    lines = (line.strip() for line in Path(expected).read_text().splitlines())
    patterns = [line for line in lines if line and not line.startswith("#")]
    cases = list(ElementTree.parse(report).iter("testcase"))
    skipped = {
        f"{case.get('classname')}::{case.get('name')}": skip.get("message", "")
        for case in cases
        if (skip := case.find("skipped")) is not None
    }
    unexpected = [name for name in skipped if not any(fnmatchcase(name, pattern) for pattern in patterns)]
    print(f"{len(cases)} tests, {len(skipped)} skipped, {len(unexpected)} of them unexpectedly")
    for name in unexpected:
        print(f"  {name}: {skipped[name]}")
    return 1 if unexpected or len(cases) == len(skipped) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
