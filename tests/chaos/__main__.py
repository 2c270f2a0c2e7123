"""Attack real processes, and see that nothing is lost, doubled or told.

    python -m tests.chaos [--seconds 600] [--seed N] [--database postgresql] [--json] [--keep FOLDER]

The seed that is printed makes the same plan of attacks, and the same changes, again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import Options, chaos


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument("--keep", type=Path, help="a folder for logs, which stays")
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.seconds:.0f} s, on {given.database}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        options = Options(given.seed, given.seconds, given.database)
        report = asyncio.run(chaos(given.keep or Path(folder), options))
    print(json.dumps(report.as_json(), indent=2) if given.json else "\n".join(report.lines()))
    sys.exit(0 if report.ok else 1)


if __name__ == "__main__":
    main()
