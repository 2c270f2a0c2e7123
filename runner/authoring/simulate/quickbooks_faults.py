"""
How QuickBooks says no.

Sources: developer.intuit.com, troubleshooting/handling-common-errors; the lower-case form and codes of the gateway, and
the body of a 429, are unverified.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from runner.authoring.simulate.answers import Refusal, reply
from runner.authoring.simulate.table import Row

MESSAGES: Mapping[str, str] = {
    "100": "General Exception",
    "120": "Authorization Failure",
    "500": "Unsupported Operation",
    "610": "Object Not Found",
    "2010": "Request has invalid or unsupported property",
    "2020": "Required param missing, need to supply the required value for the API",
    "2170": "Invalid Enumeration",
    "2500": "Invalid Reference Id",
    "5010": "Stale Object Error",
    "6000": "A business validation error has occurred while processing your request",
    "6190": "Invalid Company Status",
    "6240": "Duplicate Name Exists Error",
    "6540": "Deposited Transaction cannot be changed",
}
STATUSES: Mapping[str, int] = {"120": 401}
SYSTEM = ("100", "500")


class Fault(Exception):
    """An operation that the partner refuses: `code` of its list, `detail` in words."""

    def __init__(self, code: str, detail: str = "", element: str | None = "") -> None:
        super().__init__(code)
        self.status = STATUSES.get(code, 400)
        error = {"Message": MESSAGES[code], "Detail": f"{MESSAGES[code]} : {detail}", "code": code}
        kind = "AuthorizationFault" if code == "120" else "SystemFault" if code in SYSTEM else "ValidationFault"
        self.body: Row = {"Error": [error if element is None else {**error, "element": element}], "type": kind}


def refusal(fault: Fault, time: str) -> Refusal:
    return Refusal(reply({"Fault": fault.body, "time": time}, fault.status))


def throttled(code: str, time: str) -> Response:
    """Over a limit: no header says how long; documents say 60 seconds."""
    error = {"Message": f"message=ThrottleExceeded; errorCode={code}; statusCode=429", "Detail": "", "code": code}
    return reply({"Fault": {"Error": [error], "type": "THROTTLED"}, "time": time}, 429)


def gateway(status: int, code: str, detail: str) -> Response:
    """What stands before the API speaks in lower case."""
    kind = "AUTHENTICATION" if status == 401 else "AUTHORIZATION"
    words = "AuthenticationFailed" if status == 401 else "ApplicationAuthorizationFailed"
    error = {"message": f"message={words}; errorCode=00{code}; statusCode={status}", "detail": detail, "code": code}
    return reply({"fault": {"error": [error], "type": kind}, "requestId": None}, status)


def broken(status: int) -> Response:
    """A failure inside the service."""
    error = {"Message": "An application error has occurred", "Detail": "", "code": "10000"}
    return reply({"Fault": {"Error": [error], "type": "SystemFault"}}, status)
