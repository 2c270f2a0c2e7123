"""The payload files of `runner map`: one JSON value, a list of payloads, or JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runner.cli.output import refuse


def payloads(file: str, lines: bool) -> list[Any]:
    """The payloads in a file (`-`: standard input). Ends with exit code 2 when it holds no JSON."""
    text = _text(file)
    if lines:
        return list(_of_lines(text, file))
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        remedy = "; --ndjson reads one payload a line" if error.msg == "Extra data" else ""
        refuse(f"{file}:{error.lineno}:{error.colno}: not JSON: {error.msg} (give a payload as JSON{remedy})")
    return found if isinstance(found, list) else [found]


def _of_lines(text: str, file: str) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                refuse(f"{file}:{number}:{error.colno}: not JSON: {error.msg} (--ndjson wants one payload a line)")


def _text(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except FileNotFoundError:
        refuse(f"there is no file {file} (check the path, or give - for standard input)")
    except (OSError, UnicodeDecodeError) as error:
        refuse(f"{file} cannot be read as text: {error}")
