"""All benchmarks: start, memory, hot list, security path, tenant rule, projections, imports, bulk.

    python contrib/benchmarks/run.py [--quick] [--database sqlite|postgresql|both]

Ratios against references of the same run are what counts (measure.py); docs/reference/benchmarks.md holds a
run with notes. Each module beside this one also runs by itself.
"""

import os
import platform
import sqlite3

import bulk
import hot_list
import imports
import projection
import security_path
import start
import tenant_rule
import token_sign_in
from measure import options, show

PARTS = (start, hot_list, security_path, token_sign_in, tenant_rule, projection, imports, bulk)


def main() -> None:
    asked = options(__doc__)
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} processors"
        + (" (quick: only to see that it runs)" * asked.quick)
    )
    for part in PARTS:
        show(part.TITLE, part.figures(asked))


if __name__ == "__main__":
    main()
