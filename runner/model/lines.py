"""What log lines are made with: structlog, without the coloured tracebacks that nobody here asks of it.

For those it takes rich in, wherever that is installed: 4 MB of every process. Who draws a progress bar finds rich
afterwards all the same.
"""

from __future__ import annotations

import sys

_hidden = "rich" not in sys.modules
if _hidden:
    sys.modules["rich"] = None  # type: ignore[assignment]  # Python's way to say: there is no such module
try:
    import structlog
finally:
    if _hidden:
        del sys.modules["rich"]

__all__ = ["structlog"]
