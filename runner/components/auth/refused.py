"""What an answer of a token endpoint or login that gives no token comes to (RFC 6749 section 5.2)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from runner.errors import AuthenticationError, PartnerError, PartnerUnavailable, RateLimited, UnexpectedResponse
from runner.model.http import Response

_LATER = ("temporarily_unavailable", "server_error", "slow_down")
_REMEDIES = {
    "invalid_client": "check the client id and secret, and that the app is still admitted at the partner",
    "unauthorized_client": "check the client id and secret, and that the app is still admitted at the partner",
    "invalid_scope": "check that the app may ask for the scopes of the connector",
}
_CLIENT = ("invalid_client", "unauthorized_client")
_AGAIN = "the consent has ended or was withdrawn: connect again"


def refused(response: Response, error: Any, transient: list[str]) -> PartnerError:
    """The error for an answer without a token. `error` is the partner's word, `transient` the words that pass.

    It names the endpoint, and never repeats more of the body than a word of letters and _.
    """
    status, where, word = response.status, asked(response), _word(error)
    if status == 429:
        return RateLimited(f"{where} answers 429 (it is asked too often)", wait=60.0, status=status)
    if status >= 500 or status == 408 or (word and word in (*_LATER, *transient)):
        return PartnerUnavailable(f"{where} answers {status}{f' {word}' if word else ''}", status=status)
    if word or status in (400, 401) or (status == 403 and response.is_json):
        text = f"{where} refuses: {word or status} ({_REMEDIES.get(word, _AGAIN)})"
        return AuthenticationError(text, status=status, code="client-refused" if word in _CLIENT else None)
    what = "JSON without an access_token" if response.is_json else "no JSON"
    return UnexpectedResponse(
        f"{where} answers {status} with {what} (check token_url and the environment)", status=status
    )


def asked(response: Response) -> str:
    """The endpoint as messages name it: without the query, which may hold secrets."""
    parts = urlsplit(response.url)
    return f"the token endpoint {parts.hostname}{parts.path}" if parts.hostname else "the token endpoint"


def _word(error: Any) -> str:
    return error if isinstance(error, str) and re.fullmatch(r"[a-zA-Z_]{1,60}", error) else ""
