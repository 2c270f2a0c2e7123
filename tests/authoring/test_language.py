from __future__ import annotations

from runner.authoring.language import blocks, order, picking
from runner.components.auth.oauth2_authorization_code import OAuth2AuthorizationCode
from runner.components.paginators.cursor import Cursor
from runner.connector.action import Action
from runner.connector.connector import Connector
from runner.connector.endpoint import Endpoint
from runner.connector.http import ErrorRule, Http
from runner.connector.reaction import Fetch


def test_call_begins_with_title_and_input() -> None:
    assert order(Endpoint)[:3] == ["title", "with", "get"]
    assert order(Endpoint)[-3:] == ["records", "total", "paginate"]
    assert order(Action)[:2] == ["title", "input"]


def test_component_begins_with_its_type_and_ends_with_what_its_kind_shares() -> None:
    assert (order(Cursor)[0], order(Cursor)[-1]) == ("type", "most_pages")
    assert order(OAuth2AuthorizationCode)[-1] == "identify"


def test_word_that_picks_a_block() -> None:
    assert picking(Fetch) == {"do": ("fetch",)}
    assert picking(ErrorRule) == {}


def test_blocks_of_a_file_come_once_and_in_the_order_of_reading() -> None:
    found = blocks(Connector)
    assert len(found) == len(set(found))
    assert found[0] is Connector
    assert found.index(Http) < found.index(Endpoint)
