"""A form as a browser sends it: small, whole, each field once, and from our own page."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from runner.engine.house import House
from runner.service import browser
from runner.service.bodies import HungUp, TooLarge, TooSlow, read_body

LARGEST_FORM = 100_000
MOST_FIELDS = 200
_RELOAD = "Open the link again, and fill in the form there."


class Refused(Exception):
    """A form that is not taken: the page's status, sentences and code."""

    def __init__(self, status: int, code: str, *sentences: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.sentences = sentences


async def read_form(house: House, request: Request, cookie: str | None) -> dict[str, str]:
    """The fields of a form, texts without spaces around. Refused when it is none, or not sent by the page that this
    browser was shown: then nothing of it counts."""
    fields = _fields(await _body(request))
    key = fields.pop("key", "")
    if cookie is None:
        raise Refused(
            400, "no-cookie", "Your browser did not send our cookie back.", "Allow cookies for this page.", _RELOAD
        )
    if browser.is_from_elsewhere(request) or not browser.fits(house, cookie, key):
        raise Refused(403, "form-foreign", "It does not come from the page that we showed.", _RELOAD)
    return fields


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Refused(415, "form-unreadable", "It is not a form of ours.", _RELOAD)
    try:
        return await read_body(request.scope, request.receive, LARGEST_FORM)
    except TooLarge:
        raise Refused(413, "form-too-large", "There is too much in it.", _RELOAD) from None
    except (TooSlow, HungUp):
        raise Refused(408, "form-too-slow", "It did not come in time.", _RELOAD) from None


def _fields(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(400, "form-unreadable", "It cannot be read.", _RELOAD) from None
    fields = {name: text.strip() for name, text in pairs}
    if len(fields) != len(pairs) or any("\x00" in text for text in fields.values()):
        raise Refused(400, "form-unreadable", "It says something twice, or something that is no text.", _RELOAD)
    return fields
