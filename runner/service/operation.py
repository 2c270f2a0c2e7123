"""One operation of the API: declared once, and from that come its route, its checks and its page in OpenAPI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runner import __version__
from runner.service.bodies import HungUp, TooLarge, TooSlow, read_body
from runner.service.problems import Problem
from runner.service.wrong import sentences

LARGEST_BODY = 100_000
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Operation:
    """`takes` is the JSON body, `asks` the query, `gives` the answer of status `status`: each a pydantic model.

    `description` says in OpenAPI what the models cannot, and `fails` which refusals come on top of those that every
    operation of its form has. `headers` may be sent; each with what it is.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    gives: type[BaseModel]
    takes: type[BaseModel] | None = None
    asks: type[BaseModel] | None = None
    status: int = 200
    description: str = ""
    fails: tuple[int, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def failures(self) -> list[int]:
        """The statuses of all refusals."""
        found = {401, 503, *self.fails}
        found |= {404} if "{" in self.path else set()
        found |= {408, 413, 422} if self.takes else set()
        found |= {422} if self.asks else set()
        return sorted(found)


def reads(
    path: str,
    name: str,
    summary: str,
    handler: Handler,
    gives: type[BaseModel],
    asks: type[BaseModel] | None = None,
    description: str = "",
    fails: tuple[int, ...] = (),
) -> Operation:
    """An operation that only reads."""
    return Operation("GET", path, name, summary, handler, gives, asks=asks, description=description, fails=fails)


async def body_of(request: Request, model: type[BaseModel]) -> Any:
    """The JSON body as `model`; Problem 413, 400 or 422 says what is wrong with it, never repeating a value."""
    try:
        raw = await read_body(request.scope, request.receive, LARGEST_BODY)
    except TooLarge:
        raise Problem(413, "body-too-large", f"the body has more than {LARGEST_BODY} bytes", "send less") from None
    except (TooSlow, HungUp):
        raise Problem(408, "body-too-slow", "the body did not come in time", "send it again") from None
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise Problem(422, "bad-body", "; ".join(sentences(error, model)), "see /api/openapi.json") from None


def query_of(request: Request, model: type[BaseModel]) -> Any:
    """The query as `model`; Problem 422 says what is wrong."""
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise Problem(422, "bad-query", "; ".join(sentences(error, model)), "see /api/openapi.json") from None


def json(shown: BaseModel, status: int = 200) -> Response:
    """A model as the answer."""
    return JSONResponse(shown.model_dump(mode="json"), status, {"Cache-Control": "no-store"})


def routes(operations: list[Operation], guard: Callable[[Handler], Handler]) -> list[Route]:
    """A route for each path, its methods side by side, each behind `guard`."""
    paths: dict[str, dict[str, Handler]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = guard(operation.handler)
    return [side_by_side(path, handlers) for path, handlers in paths.items()]


def side_by_side(path: str, handlers: Mapping[str, Handler], *, heads: bool = True) -> Route:
    """One route for all methods of a path: so its 405 names them all. Without `heads`, which is for a GET that does
    something, HEAD is none of them."""

    async def choose(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await handlers[method](request)

    route = Route(path, choose, methods=list(handlers))
    if not heads and route.methods is not None:
        route.methods.discard("HEAD")  # it is added to every GET
    return route


def openapi(operations: list[Operation], base_url: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the operations."""
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {"Error": _ERROR}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "The runner's API for the host", "version": __version__},
        "servers": [{"url": base_url}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "remedy"],
            "properties": {
                **{name: {"type": "string"} for name in ("code", "message", "remedy")},
                "fields": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["field", "message"],
                        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                    },
                },
                "partner": {
                    "type": "object",
                    "properties": {"status": {"type": ["integer", "null"]}, "words": {"type": "string"}},
                },
            },
        }
    },
}


def _described(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    refused = {"content": _content({"$ref": "#/components/schemas/Error"})}
    refusals = {str(status): {"description": HTTPStatus(status).phrase, **refused} for status in operation.failures}
    answer = {"description": operation.summary, "content": _content(_schema(operation.gives, schemas))}
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*_in_path(operation.path), *_in_query(operation.asks), *_in_headers(operation.headers)],
        "responses": {str(operation.status): answer, **refusals},
    }
    if operation.description:
        told["description"] = operation.description
    if operation.takes is not None:
        told["requestBody"] = {"required": True, "content": _content(_schema(operation.takes, schemas))}
    return told


def _schema(model: type[BaseModel], schemas: dict[str, Any]) -> dict[str, str]:
    found = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schemas.update(found.pop("$defs", {}))
    schemas[model.__name__] = found
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _content(schema: dict[str, str]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _in_path(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _in_headers(headers: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "required": False, "description": words, "schema": {"type": "string"}}
        for name, words in headers.items()
    ]


def _in_query(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    found = model.model_json_schema()
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in found["properties"].items()
    ]
