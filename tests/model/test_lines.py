from __future__ import annotations

import subprocess
import sys


def ran(code: str) -> str:
    """What a process of its own prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_log_lines_do_without_rich_and_whoever_wants_it_finds_it() -> None:
    code = "import sys, runner.service.logs; print('rich' in sys.modules); import rich.console; print(rich.__name__)"
    assert ran(code).split() == ["False", "rich"]


def test_rich_that_is_there_already_stays() -> None:
    code = "import sys, rich; import runner.service.logs; print(sys.modules['rich'] is rich)"
    assert ran(code) == "True"
