"""One call to a partner: how the request is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import urljoin

import orjson
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from runner.components.block import Block, Period
from runner.components.catalog import AnyRateLimit
from runner.connector.http import ErrorRule, Http
from runner.errors import MappingError
from runner.mapping.template import PathTemplate, Template, Tree
from runner.model.file import File
from runner.model.http import Request, Response

VERBS = ("get", "post", "put", "patch", "delete", "graphql")
BODIES = ("json", "form", "text", "bytes", "multipart")
_ATTRIBUTES = {"json": "json_", "bytes": "bytes_"}


class Call(Block):
    """One call to a partner: exactly one of `get`, `post`, `put`, `patch`, `delete` (a path) or `graphql` (a query),
    and at most one of `json`, `form`, `text`, `bytes` and `multipart`.

    The partner takes `GET /jpm/v2/tenant/123/jobs?modifiedOnOrAfter=2026-05-04T15:18:10Z&sort=%2BModifiedOn`:

        get: "/jpm/v2/tenant/{{ settings.tenant_id }}/jobs"
        params: {modifiedOnOrAfter: "{{ checkpoint }}", sort: +ModifiedOn}

    Params, headers and form fields that are null are left out. Values in a path are percent-encoded.
    """

    get: PathTemplate | None = Field(None, description="The path of a GET.")
    post: PathTemplate | None = Field(None, description="The path of a POST.")
    put: PathTemplate | None = Field(None, description="The path of a PUT.")
    patch: PathTemplate | None = Field(None, description="The path of a PATCH.")
    delete: PathTemplate | None = Field(None, description="The path of a DELETE.")
    graphql: str | None = Field(None, description="A GraphQL query or mutation, sent to `http.graphql` as POST.")
    variables: Tree | None = Field(None, description="The variables of the GraphQL query.")
    params: dict[str, Tree] = Field({}, description="Query parameters: text, numbers, true, false or lists.")
    headers: dict[str, Template] = Field({}, description="Headers of this call, beside those of `http`.")
    json_: Tree | None = Field(None, alias="json", description="A JSON body.")
    form: dict[str, Template] | None = Field(None, description="A form-encoded body.")
    text: Template | None = Field(None, description="A body of plain text.")
    bytes_: Template | None = Field(
        None, alias="bytes", description="A file as the body: an input of `type: file`.", examples=["{{ input.file }}"]
    )
    multipart: dict[str, Template] | None = Field(
        None,
        description="A body of form parts (RFC 7578): texts, and files, which are inputs of `type: file`.",
        examples=[{"file": "{{ input.file }}"}],
    )
    base_url: Template | None = Field(None, description="In place of `http.base_url`.")
    auth: str | None = Field(None, description="A name of `other_auth`, or `none`; else the connector's `auth`.")
    errors: list[ErrorRule] = Field([], description="What certain answers to this call mean; before `http.errors`.")
    rate_limits: list[AnyRateLimit] = Field([], description="Limits of this call, beside those of `http`.")
    cost: float = Field(1, ge=0, description="How many points of a `points` limit the call takes.", examples=[20])
    timeout: Period | None = Field(None, description="In place of `http.timeout`.")
    redirect: Literal["answer"] | None = Field(
        None, description='`answer`: a redirect is not followed; it reads as `{"location": "https://..."}`.'
    )
    repeatable: bool = Field(False, description="Whether sending a POST or PATCH twice does no harm.")

    @model_validator(mode="after")
    def _is_one_call(self) -> Call:
        for message, remedy in self._mistakes():
            raise PydanticCustomError("wrong-call", "{message}", {"message": message, "remedy": remedy})
        return self

    def _mistakes(self) -> Iterator[tuple[str, str]]:
        verbs = [name for name in VERBS if getattr(self, name) is not None]
        if len(verbs) != 1:
            yield f"a call has one of {', '.join(VERBS)}, not {' and '.join(verbs) or 'none'}", "keep one of them"
        bodies = [name for name in BODIES if getattr(self, _ATTRIBUTES.get(name, name)) is not None]
        if len(bodies) > 1 or (bodies and self.graphql is not None):
            yield f"a call has one body, not {' and '.join([*bodies, *verbs])}", "keep one of them"
        if self.variables is not None and self.graphql is None:
            yield "`variables` belong to a GraphQL call", "use `graphql`, or `json` for a body"
        if self.path is not None and not re.match(r"$|/(?!/)[^?#]*$", _literal(self.path.text)):
            yield "a path begins with one / and has no ? or #", "put the query into `params`"
        if any(isinstance(tree.value, dict) for tree in self.params.values()):
            yield "a query parameter cannot be a mapping", "give text, a number, true, false or a list"

    @property
    def path(self) -> PathTemplate | None:
        """The path, whatever the verb; None for GraphQL."""
        return self.get or self.post or self.put or self.patch or self.delete

    @property
    def method(self) -> str:
        """The HTTP method in capitals; POST for GraphQL."""
        verb = next(name for name in VERBS if getattr(self, name) is not None)
        return "POST" if verb == "graphql" else verb.upper()

    @property
    def reads(self) -> bool:
        """Whether the call changes nothing: a GET, or a GraphQL query."""
        if self.graphql is not None:
            return not re.search(r"(?m)^\s*mutation\b", self.graphql)
        return self.method == "GET"

    @property
    def may_repeat(self) -> bool:
        """Whether the call can be sent again after a try whose outcome is unknown: RFC 9110 section 9.2.2, GraphQL
        queries, and what the connector declares `repeatable`."""
        return self.repeatable or self.reads or self.method in ("PUT", "DELETE")

    def request(self, scope: Mapping[str, Any], http: Http) -> Request:
        """The request for this scope, not yet signed. Raises MappingError when a value is missing or does no good."""
        timeout = self.timeout or http.timeout
        return Request(
            self.method,
            self._url(scope, http),
            params=_present({name: _param(tree.render(scope), name) for name, tree in self.params.items()}),
            headers=self._headers(scope, http),
            timeout=timeout.total_seconds(),
            **self._body(scope),
        )

    def read(self, response: Response) -> Response:
        """The response as the connector reads it: where a redirect is the answer, its address as JSON.

        An address without http, or none at all, leaves it what it is: a redirect, which fails.
        """
        location = response.headers.get("location")
        if self.redirect is None or not location or not 300 <= response.status < 400:
            return response
        address = urljoin(response.url, location)
        if not re.match(r"https?://[^/?#\s]+", address):
            return response
        return Response(200, response.headers, orjson.dumps({"location": address}), response.url)

    def _url(self, scope: Mapping[str, Any], http: Http) -> str:
        base = str((self.base_url or http.base_url).render(scope))
        if not re.match(r"https?://[^/?#\s]+", base):
            raise MappingError(f"the base URL `{self.base_url or http.base_url}` does not give an http address")
        path = self.path or http.graphql
        return base.rstrip("/") + (_safe_path(path, scope) if path is not None else "")

    def _headers(self, scope: Mapping[str, Any], http: Http) -> dict[str, str]:
        own = {name.lower() for name in self.headers}
        declared = {name: value for name, value in http.headers.items() if name.lower() not in own} | self.headers
        return _present({name: _text(template.render(scope)) for name, template in declared.items()})

    def _body(self, scope: Mapping[str, Any]) -> dict[str, Any]:
        if self.graphql is not None:
            variables = self.variables.render(scope) if self.variables else {}
            return {"json": {"query": self.graphql, "variables": variables}, "has_json": True}
        if self.json_ is not None:
            return {"json": self.json_.render(scope), "has_json": True}
        if self.form is not None:
            return {"form": _present({name: _text(part.render(scope)) for name, part in self.form.items()})}
        if self.text is not None:
            return {"content": str(self.text.render(scope)).encode()}
        if self.bytes_ is not None:
            return {"content": _file(self.bytes_, self.bytes_.render(scope))}
        if self.multipart is not None:
            parts = {name: part.render(scope) for name, part in self.multipart.items()}
            return {"parts": _present({name: _part(value) for name, value in parts.items()})}
        return {}


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _file(template: Template, value: Any) -> File:
    if not isinstance(value, File):
        raise MappingError(f"`{template}` is no file (give an input of `type: file`)", template.place)
    return value


def _part(value: Any) -> str | File | None:
    return value if isinstance(value, File) else _text(value)


def _text(value: Any) -> str | None:
    if value is True or value is False:
        return "true" if value else "false"
    return None if value is None else str(value)


def _param(value: Any, name: str) -> str | list[str] | None:
    if isinstance(value, dict):
        raise MappingError(f"the query parameter `{name}` is a mapping (give text, a number, true, false or a list)")
    if isinstance(value, list):
        return [text for part in value if (text := _text(part)) is not None]
    return _text(value)


def _literal(text: str) -> str:
    """The path with each value in place of its template."""
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "x", text, flags=re.DOTALL)


def _safe_path(path: PathTemplate, scope: Mapping[str, Any]) -> str:
    """A value that is empty, `.` or `..` would make another path of it: that is refused."""
    written = str(path.render(scope))
    parts = written.split("/")[1:]
    emptied = [part for part in parts[:-1] if not part] or (parts and not parts[-1] and not path.text.endswith("/"))
    if emptied or any(part in (".", "..") for part in parts):
        raise MappingError(f"`{path}` becomes another path: a value in it is empty or made of dots", path.place)
    return written
