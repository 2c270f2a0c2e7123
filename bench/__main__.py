"""`make bench`: every workload with its floors, one after the other; `--quick` and `--json` are handed on.

Each runs in a process of its own, so that no workload's memory or caches are another's.
"""

from __future__ import annotations

import subprocess
import sys

WORKLOADS = ("mapping", "page", "loading", "sync", "memory", "webhook", "events", "upload")


def main() -> int:
    """Run them all; 1 when one of them fails."""
    done = [subprocess.run([sys.executable, "-m", f"bench.{name}", *sys.argv[1:]], check=False) for name in WORKLOADS]
    return int(any(one.returncode for one in done))


if __name__ == "__main__":
    sys.exit(main())
