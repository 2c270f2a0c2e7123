"""One call that lets in or shuts out, outside the partner's API proper: a login, a revocation."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from runner.components.auth.base import Scope, written
from runner.components.block import Block, refusal
from runner.mapping.template import Template, Tree
from runner.model.http import Request


class AuthCall(Block):
    """One call that lets in or shuts out: where to, and at most one of `json`, `form` and `text`.

    {url: "{{ environment.api }}/sessions", json: {user: "{{ settings.user }}", password: "{{ settings.password }}"}}

    Headers, parameters and form fields that are null are left out.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"] = Field("POST", description="The HTTP method.")
    url: Template = Field(description="The whole address.", examples=["{{ environment.api }}/sessions"])
    headers: dict[str, Template] = Field({}, description="Headers.")
    params: dict[str, Template] = Field({}, description="Query parameters. Secrets are better off in the body.")
    json_: Tree | None = Field(None, alias="json", description="A JSON body.")
    form: dict[str, Template] | None = Field(None, description="A form-encoded body.")
    text: Template | None = Field(None, description="A body of plain text.")

    @model_validator(mode="after")
    def _has_one_body(self) -> AuthCall:
        if sum(body is not None for body in (self.json_, self.form, self.text)) > 1:
            raise refusal("a call has one body", "keep one of `json`, `form` and `text`")
        return self

    def write(self, scope: Scope) -> Request:
        """The request for this scope. Raises AuthenticationError or MappingError when a value is missing."""
        body: dict[str, Any] = {}
        if self.json_ is not None:
            body = {"json": self.json_.render(scope), "has_json": True}
        elif self.form is not None:
            body = {"form": rendered(self.form, scope)}
        elif self.text is not None:
            body = {"content": str(self.text.render(scope)).encode()}
        headers = {"Accept": "application/json", **rendered(self.headers, scope)}
        url = written(self.url, scope, "the address")
        return Request(self.method, url, params=rendered(self.params, scope), headers=headers, **body)


def rendered(templates: dict[str, Template], scope: Scope) -> dict[str, str]:
    """The texts by name; what is null is left out."""
    values = {name: template.render(scope) for name, template in templates.items()}
    return {name: str(value) for name, value in values.items() if value is not None}
