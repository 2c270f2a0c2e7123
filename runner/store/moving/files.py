"""A file that has its name once it is whole and on the disk, and that its owner alone may read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def new_file(path: Path) -> Iterator[Callable[[bytes], int]]:
    """What writes to it. When the block raises, nothing of it stays; OSError from whatever the disk minds."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file.write
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    opened = os.open(path.parent, os.O_RDONLY)  # so that the name outlives a loss of power
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
