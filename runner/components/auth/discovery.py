"""Where a partner's endpoints are, by its own word (OpenID Connect Discovery 1.0)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from runner.components.auth.base import Scope, written
from runner.components.block import Block
from runner.errors import PartnerUnavailable, UnexpectedResponse
from runner.mapping.template import Template
from runner.model.http import Request, Response


@dataclass(frozen=True)
class Endpoints:
    """Addresses that a discovery document told; None where the written one stands."""

    authorize: str | None = None
    token: str | None = None


class Discovery(Block):
    """Where the endpoints are by the partner's own word (OpenID Connect Discovery 1.0, section 4).

        discovery: {url: "{{ environment.discovery }}", issuer: https://oauth.partner.example}

    What the document tells goes before `authorize_url` and `token_url`, which stand while there is none. A document of
    another issuer, or one that leads to plain http, stops the flow.
    """

    url: Template = Field(description="The document's address.")
    issuer: Template = Field(description="Whose document it must be, letter by letter.")

    def find(self, scope: Scope) -> Generator[Request, Response, Endpoints]:
        """Ask for the document. Raises UnexpectedResponse for one that is not to be trusted."""
        url = written(self.url, scope, "the discovery document")
        try:
            response = yield Request("GET", url, headers={"Accept": "application/json"})
        except PartnerUnavailable:
            return Endpoints()
        if not response.ok or not isinstance(response.json, dict):
            return Endpoints()
        document = response.json
        if document.get("issuer") != written(self.issuer, scope, "the issuer"):
            raise UnexpectedResponse(
                f"the discovery document of {urlsplit(url).hostname} is that of another issuer "
                "(check auth.discovery and the environment)"
            )
        return Endpoints(_address(document, "authorization_endpoint", url), _address(document, "token_endpoint", url))


def _address(document: dict[str, Any], name: str, source: str) -> str | None:
    found = document.get(name)
    if found is None:
        return None
    parts = urlsplit(found) if isinstance(found, str) else None
    if parts is None or parts.scheme not in ("https", urlsplit(source).scheme) or not parts.hostname:
        raise UnexpectedResponse(f"the discovery document gives no safe address as {name} (check auth.discovery)")
    return str(found)
