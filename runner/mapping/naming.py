"""Names of files and folders, made of whatever people and partners write."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from typing import Any

LONGEST = 100
"""Bytes of one value. 255 is the most that a name has anywhere, and there may be two values in one."""
_UNSAFE = frozenset('/\\<>:"|?*')
_TAKEN = re.compile(
    r"(?:con|prn|aux|nul|(?:com|lpt)\d)(?:\..*)?"
    r"|desktop\.ini|thumbs\.db|\.ds_store|\.dropbox(?:\.attr|\.cache)?",
    re.IGNORECASE,
)
"""What Windows, macOS and Dropbox keep for themselves."""


def safe_name(value: Any) -> str:
    """A value as one part of a path that every file system takes: nothing in it ends the part or leads elsewhere, and
    it is not too long. What is cut off leaves a mark, so that names that differ there still differ. Null and what has
    nothing to show is `_`."""
    plain = unicodedata.normalize("NFC", "" if value is None else str(value))
    text = "".join("_" if one in _UNSAFE or not one.isprintable() else one for one in plain)
    text = text.strip().rstrip(". ").strip()
    if not text:
        return "_"
    if _TAKEN.fullmatch(text):
        text = f"_{text}"
    return text if len(text.encode()) <= LONGEST else _cut(text)


def _cut(text: str) -> str:
    mark = "~" + blake2b(text.encode(), digest_size=4).hexdigest()
    kept = text.encode()[: LONGEST - len(mark)].decode(errors="ignore")
    return kept.rstrip(". ") + mark
