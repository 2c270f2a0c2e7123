"""Files that actions send: where they go in a request, and the actions that send them in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.components.block import parts
from runner.components.uploads.base import Upload
from runner.connector.action import Action
from runner.connector.connector import Connector
from runner.connector.document import Document, Path
from runner.connector.input import Input
from runner.errors import Finding
from runner.mapping.template import Template
from runner.model.words import suggest

OFFERED = ("session", "offset", "last", "piece")
"""What a step of an upload is given beside the action's own input."""
_WHOLE = re.compile(r"\s*\{\{\s*input\.([a-z][a-z0-9_]*)\s*\}\}\s*")


def check(connector: Connector, document: Document) -> Iterator[Finding]:
    """Every file that does not get into a request, and every upload whose steps do not fit."""
    for name, endpoint in connector.endpoints.items():
        for key in [key for key, one in endpoint.input.items() if one.type == "file"]:
            place = document.key_place(("endpoints", name, "with", key))
            yield Finding(place, "wrong-value", "an endpoint sends no file", "make it an action")
    for name, action in connector.actions.items():
        for steps in [
            steps for key, one in action.input.items() for steps in _inner(one, ("actions", name, "input", key))
        ]:
            message = "a file stands at the top of `input`: inside a list or an object it would be sent as its address"
            yield Finding(
                document.key_place(steps), "wrong-value", message, "give it an input of its own, a call a file"
            )
        yield from _bodies(("actions", name), action, document)
        if action.upload is not None:
            yield from _upload(("actions", name), action, action.upload, connector, document)


def _inner(declared: Input, path: Path) -> Iterator[Path]:
    """Where files are inside a list or an object."""
    inside: dict[Path, Input] = {("fields", name): one for name, one in (declared.fields or {}).items()}
    if declared.items is not None:
        inside[("items",)] = declared.items
    for steps, one in inside.items():
        if one.type == "file":
            yield (*path, *steps)
        yield from _inner(one, (*path, *steps))


def _bodies(path: Path, action: Action, document: Document) -> Iterator[Finding]:
    """A file is the whole of `bytes` or of a part, and nothing else is `bytes`."""
    for inner, part in parts(action):
        if not isinstance(part, Template):
            continue
        takes = inner[:1] in (("bytes",), ("multipart",))
        for name in action.files:
            if ("input", name) in part.names and not (takes and _WHOLE.fullmatch(part.text)):
                message = f"the file `input.{name}` does not fit into `{part}`"
                remedy = "make it the whole of `bytes`, or of a part of `multipart`"
                yield Finding(document.place((*path, *inner)), "wrong-value", message, remedy)
        found = _WHOLE.fullmatch(part.text)
        if inner == ("bytes",) and (found is None or found[1] not in action.files):
            message = f"`bytes` is a file, and `{part}` is none"
            remedy = "write `{{ input.file }}`, and declare `input: {file: {type: file}}`"
            yield Finding(document.place((*path, *inner)), "wrong-value", message, remedy)


def _upload(path: Path, action: Action, upload: Upload, connector: Connector, document: Document) -> Iterator[Finding]:
    here = (*path, "upload")
    if upload.file not in action.files:
        message = f"`{upload.file}` is no input of `type: file` of this action"
        remedy = suggest(upload.file, action.files) or f"declare `input: {{{upload.file}: {{type: file}}}}`"
        yield Finding(document.place((*here, "file")), "unknown-input", message, remedy)
    for option, name in upload.actions.items():
        yield from _step((*here, option), name, option, action, connector, document)
    if upload.checksum is not None and upload.checksum.result not in action.result:
        message = f"the action keeps no `{upload.checksum.result}`"
        remedy = "let `result` read the partner's hash"
        yield Finding(document.place((*here, "checksum", "result")), "missing-field", message, remedy)


def _step(
    path: Path, name: str, option: str, action: Action, connector: Connector, document: Document
) -> Iterator[Finding]:
    """An action that is there, and needs nothing that it is not given."""
    step, place = connector.actions.get(name), document.place(path)
    if step is None:
        remedy = suggest(name, connector.actions) or "declare it under `actions`"
        yield Finding(place, "unknown-action", f"there is no action `{name}`", remedy)
        return
    given = {*OFFERED, *action.input}
    for key in [key for key, one in step.input.items() if one.required and key not in given]:
        message = f"the action `{name}` needs `{key}`, and an upload gives none"
        yield Finding(place, "missing-input", message, f"take one of {', '.join(sorted(given))}")
    if option == "start" and "id" not in step.result:
        message = f"the action `{name}` keeps no `id`: nobody knows the session"
        yield Finding(place, "missing-field", message, "add `result: {id: ...}`")
