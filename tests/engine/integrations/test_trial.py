from __future__ import annotations

from tests.partners import world


async def test_the_trial_call_is_made_under_the_limits_that_every_call_shares(database_url: str) -> None:
    """One call at once of an endpoint: what the trial held is free for the sync that calls the same."""
    async with world(database_url, partners=("dropbox",)) as here:
        company = await here.connect("dropbox")
        await here.sync(company, "account")
        assert here.clock.slept == []
        called = [values for _, event, values in here.log.lines if event == "called"]
        assert [values["endpoint"] for values in called] == ["account", "account"]
