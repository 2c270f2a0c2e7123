"""The runner: one YAML file per partner, one runtime that interprets it."""

__version__ = "0.1.0"

import sys

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # Python's way to say: there is no such module
"""httpx takes in its own command line, with click, rich and pygments, wherever those are installed: 6 MB and a tenth of
a second of every process, for what nobody here calls. It does without, where it is not there."""
