from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from runner.authoring.kinds import Kinds
from runner.authoring.reference import reactions
from runner.authoring.reference.reactions import reaction_words
from runner.components.block import adapter
from runner.components.catalog import HANDSHAKES
from runner.connector.connector import Connector
from runner.connector.loader import load
from runner.connector.reaction import AnyReaction, Reaction
from tests.engine.hooked import CALENDAR, CRM, PHOTOS
from tests.shelf import written

READ: TypeAdapter[Reaction] = TypeAdapter(AnyReaction)
CLIENT = "fetches `client` (id `itemId`), maps it by [`client`](#processor-client)"
DELETED = "marks the contact `itemId` as deleted"
GONE = {"do": "delete", "record": "contact", "id": "itemId"}
FETCH = {"do": "fetch", "endpoint": "client", "with": {"id": "itemId"}, "processor": "client"}


@pytest.fixture(scope="module")
def jobber() -> Connector:
    return load(Path("connectors/jobber.yaml"))


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"do": "process", "processor": "job", "payload": "data"}, "maps `data` by [`job`](#processor-job)"),
        (FETCH, CLIENT),
        (
            FETCH | {"coalesce": "2s", "gone": GONE},
            f"{CLIENT}; waits 2s for more of the same thing; when it is gone, {DELETED}",
        ),
        ({"do": "sync", "sync": "events"}, "runs the sync `events`"),
        (GONE, DELETED),
        ({"do": "disconnect"}, "switches the integration off and forgets its credential"),
        ({"do": "drop", "because": "not used"}, "nothing: not used"),
    ],
)
def test_reaction_is_a_sentence(block: dict[str, Any], words: str) -> None:
    assert reaction_words(READ.validate_python(block), Kinds({})) == words


def test_sync_says_how_often_and_how_it_asks(jobber: Connector) -> None:
    assert "| `clients` | `clients` | [`client`](#processor-client) | 15m | `since` (overlap `2m`) | every 24h" in (
        reactions.syncs(jobber)
    )


def test_webhooks_say_verification_answer_and_every_event(jobber: Connector) -> None:
    assert jobber.webhooks
    text = "\n\n".join(reactions.webhooks(jobber.webhooks, Kinds({})))
    assert "| `header` | `X-Jobber-Hmac-SHA256` |" in text
    assert "Answered with 200, within 1s." in text
    assert all(f"\n| `{pattern}` |" in text for pattern in jobber.webhooks.on)


def test_webhooks_say_how_the_address_is_tried(jobber: Connector) -> None:
    assert jobber.webhooks
    handshake = adapter(HANDSHAKES).validate_python({"type": "echo", "param": "challenge"})
    text = "\n\n".join(reactions.webhooks(jobber.webhooks.model_copy(update={"handshake": handshake}), Kinds({})))
    assert "The address is tried by [`echo`](../language.md#echo-echo)" in text
    assert "| `param` | `challenge` |" in text


def test_secret_of_the_vector_is_not_shown(jobber: Connector) -> None:
    assert jobber.webhooks
    text = "\n\n".join(reactions.webhooks(jobber.webhooks, Kinds({})))
    assert jobber.webhooks.vector.secret not in text


def test_action_says_call_input_and_what_is_kept() -> None:
    text = reactions.actions(load(Path("connectors/companycam.yaml")))
    assert "| `create_project` | Create a project | `POST /projects` | `name`: Name<br>" in text
    assert "`coordinates`: object of `lat`, `lon`, may be left out" in text
    assert "`labels`: list of texts<br>" in text or "`labels`: list of texts |" in text
    assert "`id` from `id`, `url` from `project_url` |" in text


def test_what_is_asked_for_and_left_out_is_told() -> None:
    library = written(photos=PHOTOS, calendar=CALENDAR, crm=CRM)
    photos, calendar, crm = (library.get(name).webhooks for name in ("photos", "calendar", "crm"))
    assert photos is not None
    assert calendar is not None
    assert crm is not None
    by_hook, by_channel, by_hand = ("\n".join(reactions.webhooks(one, Kinds({}))) for one in (photos, calendar, crm))
    assert "Asked for by `create_hook` on connect, ended by `delete_hook` on disconnect" in by_hook
    assert "looked for hourly with `hooks`, mended by `enable_hook` when no events come by it" in by_hook
    assert "made anew 24h before it ends" in by_channel
    assert "not told: the address names the integration, the subscription" in by_channel
    assert "Left out, whatever their type: those with `changeSource == 'IMPORT'`" in by_hand
    assert "up to 100 at once" in by_hand
