"""A house whose operator has other apps at the partners."""

from __future__ import annotations

from runner.client.tokens import Apps
from runner.connector.config import Config
from runner.engine.house import House
from runner.engine.opening import open_house


def with_apps(house: House, apps: Apps, config: Config | None = None) -> House:
    """The same house, over the same store, with these apps and perhaps another runner.yaml."""
    return open_house(
        connectors=house.connectors,
        config=config or house.config,
        store=house.store,
        http=house.http,
        clock=house.clock,
        apps=apps,
        schemas=house.schemas,
        base_url=house.base_url,
        log=house.log,
    )
