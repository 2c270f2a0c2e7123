"""How all calls of a connector are made: where to, with what headers, how fast, and what an error means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from runner.components.block import Block, Period
from runner.components.catalog import AnyRateLimit, AnyWait
from runner.components.waits.base import Retry
from runner.errors import MappingError
from runner.mapping.expression import Expression
from runner.mapping.template import PathTemplate, Template
from runner.model.http import Response
from runner.model.words import readable

Status = Annotated[int, Field(ge=100, le=599)] | Literal["3xx", "4xx", "5xx"]
Do = Literal["retry", "refresh_token", "ignore", "skip_record", "fail", "fail_integration", "full_resync"]


class ErrorRule(Block):
    """What a certain answer means, and what to do then. All conditions that are given must hold.

        errors:
          - {when: "errors[?extensions.code=='THROTTLED']", do: retry, wait: {type: cost}}
          - {status: [429], do: retry, wait: {type: header, name: Retry-After}}
          - {when: errors, do: fail, message: "errors[0].message"}

    The rules of the call come first, then those of `http`, then the built-in ones: 429, 408 and 5xx are tried again,
    401 asks for a new token, every other answer that is not 2xx fails. A rule can also match a 2xx answer.
    """

    status: list[Status] | None = Field(None, description="The statuses.", examples=[[429, "5xx"]])
    when: Expression | None = Field(None, description="JMESPath over the body that must be true.", examples=["errors"])
    header: dict[str, str] | None = Field(
        None, description="Headers, each with a regular expression that its whole value satisfies."
    )
    do: Do = Field(
        description="`retry`: wait and try again. `refresh_token`: get a new token and try once more. `ignore`: take "
        "it as an answer. `skip_record`: leave out this record. `fail`: the call fails. `fail_integration`: a person "
        "must act. `full_resync`: forget the checkpoint and start over."
    )
    wait: AnyWait | None = Field(
        None, description="How long to pause before the next try; else Retry-After, else backoff."
    )
    message: Expression | None = Field(None, description="JMESPath over the body: the partner's own words.")
    remedy: str | None = Field(None, description="What a person can do about it, in plain words.")

    @model_validator(mode="after")
    def _has_a_condition(self) -> ErrorRule:
        if self.status is None and self.when is None and not self.header:
            problem = {"message": "this rule has no condition", "remedy": "give `status`, `when` or `header`"}
            raise PydanticCustomError("wrong-value", "{message}", problem)
        return self

    def matches(self, response: Response) -> bool:
        """Whether this rule is about this answer. A body that `when` cannot handle is not what it describes."""
        return self._has_status(response.status) and self._has_headers(response) and self._has_body(response)

    def words(self, response: Response) -> str:
        """The partner's own words, at most 300 characters; empty when there are none."""
        try:
            found = self.message.search(response.json) if self.message else None
        except MappingError:
            return ""
        return readable(found.strip()[:300]) if isinstance(found, str) else ""

    def _has_status(self, status: int) -> bool:
        return self.status is None or status in self.status or f"{status // 100}xx" in self.status

    def _has_headers(self, response: Response) -> bool:
        wanted = (self.header or {}).items()
        return all(re.fullmatch(form, response.headers.get(name.lower(), "")) for name, form in wanted)

    def _has_body(self, response: Response) -> bool:
        try:
            return self.when is None or self.when.test(response.only(self.when.reads))
        except MappingError:
            return False


BUILT_IN = (
    ErrorRule(status=[401], do="refresh_token"),
    ErrorRule(status=[408, 429, "5xx"], do="retry"),
    ErrorRule(status=["3xx"], do="fail", remedy="check base_url and path; redirects are never followed"),
    ErrorRule(status=["4xx"], do="fail"),
)


def judge(response: Response, rules: Iterable[ErrorRule]) -> ErrorRule | None:
    """The first rule about this answer, the built-in ones last; None when the answer is good."""
    for rule in (*rules, *BUILT_IN):
        if rule.matches(response):
            return rule
    return None


class Http(Block):
    """How all calls are made.

    http:
      base_url: "{{ environment.api }}"
      headers: {ST-App-Key: "{{ app.app_key }}"}
      timeout: 30s
      retry: {attempts: 5, first: 1s, most: 60s}
      rate_limits:
        - {type: window, requests: 60, per: 1s, scope: account}
    """

    base_url: Template = Field(description="What every path is joined to.", examples=["{{ environment.api }}"])
    graphql: PathTemplate | None = Field(None, description="The path of GraphQL calls.", examples=["/graphql"])
    headers: dict[str, Template] = Field({}, description="Headers of every call; one that is null is left out.")
    timeout: Period = Field(
        "30s", validate_default=True, description="How long to wait for an answer.", examples=["30s"]
    )
    retry: Retry = Field(default_factory=Retry, description="How often and how patiently a call is tried again.")
    rate_limits: list[AnyRateLimit] = Field([], description="How often the partner may be called.")
    errors: list[ErrorRule] = Field([], description="What certain answers mean; the first match wins.")
