"""What one chooses about the simulated Dropbox."""

from __future__ import annotations

from dataclasses import dataclass

from runner.authoring.simulate.limits import Window

SCOPES = (
    "account_info.read",
    "files.metadata.read",
    "files.content.read",
    "files.content.write",
    "sharing.read",
    "sharing.write",
)
TEAM_SCOPES = ("team_info.read", "members.read", "team_data.member", "team_data.content.read")
MEBIBYTE = 1_048_576


@dataclass(frozen=True)
class DropboxOptions:
    """
    The app in the App Console, the account, and what the documents leave open.

    Args:
        redirect_uris: those that the app registered; empty: any that is https, or http to this machine.
        scopes: those that are ticked in the App Console.
        team: is the app linked to a whole team? Its tokens then need `Dropbox-API-Select-User` for the routes of users.
        team_space: is the account's root another one than its home? Team folders then want `Dropbox-API-Path-Root`.
        token_lifetime: seconds; 4 hours in practice.
        limits: of each authorization; Dropbox publishes none, so there are none unless said.
        plain_429: answer too many calls in plain text with `Retry-After`, not in JSON.
        cursor_lifetime: seconds until a cursor of a listing is answered `reset`; None: never.
        block: bytes that pieces of a concurrent session must be a multiple of.
        hash_block: bytes that are hashed at a time; Dropbox takes 4 MiB, tests may take less.
        most_bytes: of one request.
        session_lifetime, link_lifetime: seconds.
        longpoll: the most seconds for which a longpoll really waits.
        retries: seconds before each repeat of a webhook: about 10 minutes in all, by an older copy of the guide.
    """

    client_id: str = "dropbox-app"
    client_secret: str = "dropbox-secret"  # noqa: S105 - made up, opens only this simulator
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = SCOPES
    team: bool = False
    team_space: bool = True
    code_lifetime: float = 600.0
    token_lifetime: float = 14_400.0
    limits: tuple[Window, ...] = ()
    plain_429: bool = False
    cursor_lifetime: float | None = None
    block: int = 4 * MEBIBYTE
    hash_block: int = 4 * MEBIBYTE
    most_bytes: int = 150 * MEBIBYTE
    session_lifetime: float = 7 * 86_400.0
    link_lifetime: float = 14_400.0
    longpoll: float = 30.0
    answer_within: float = 10.0
    retries: tuple[float, ...] = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 285.0)
