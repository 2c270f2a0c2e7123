"""Several ways in, of which the company picks one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from runner.components.auth.base import Auth, Scope
from runner.components.auth.ways import AnyWay
from runner.components.block import Name, refusal
from runner.errors import SettingsError
from runner.model.http import Request


class WayChoice(Auth):
    """Several ways in; the company picks one of them while connecting, and the integration remembers its name.

    The partner takes a key that an admin makes, and lets approved partners in by consent:

        auth:
          type: choice
          ways:
            key: {type: api_key, title: API key, name: Authorization, value: "Token {{ settings.api_key }}"}
            oauth: {type: oauth2_authorization_code, title: Sign in, authorize_url: ..., token_url: ...}
          identify: {endpoint: company, account_id: body.id}

    The first is for who says nothing. A way without `identify` of its own takes that of the choice. A company is asked
    only for the settings that its way reads, beside those that no way reads.
    """

    example: ClassVar[str] = (
        '{type: choice, ways: {key: {type: bearer, token: "{{ settings.api_key }}"}, '
        'app: {type: basic, username: "{{ app.client_id }}", password: "{{ app.client_secret }}"}}}'
    )
    type: Literal["choice"] = Field(description="Several ways in, of which the company picks one.")
    ways: dict[Name, AnyWay] = Field(description="The ways, by name; the first is the default.")

    @model_validator(mode="after")
    def _is_a_choice(self) -> WayChoice:
        if len(self.ways) < 2:
            raise refusal("a choice has two ways or more", "write the one way as `auth` itself")
        return self

    @property
    def options(self) -> Mapping[str, Auth]:
        return self.ways

    def chosen(self, way: str | None) -> Auth:
        name = next(iter(self.ways)) if way is None else way
        if name not in self.ways:
            raise SettingsError(f"there is no way in `{name}` (there are: {', '.join(self.ways)})")
        picked = self.ways[name]
        return picked if picked.identify else picked.model_copy(update={"identify": self.identify})

    def sign(self, request: Request, scope: Scope) -> Request:
        raise SettingsError(f"say which way in: {', '.join(self.ways)}")
