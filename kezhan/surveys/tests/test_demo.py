"""The demo shop asks its customers, and the first ones have answered."""

from kezhan.channels.first_run import ensure_demo_shop
from kezhan.simulate.demo import fill_demo
from kezhan.surveys.first_run import answer_demo, ensure_demo_survey
from kezhan.testing import Running
from kezhan.workspaces.first_run import demo_workspace, ensure_demo_people


async def test_the_first_mornings_customers_have_answered(own_house: Running) -> None:
    db, settings = own_house.db, own_house.house.settings
    assert await answer_demo(db) == 0
    people = await ensure_demo_people(db, settings)
    site_key = await ensure_demo_shop(db, own_house.house.keyring)
    assert site_key is not None
    for _ in range(2):
        await ensure_demo_survey(db)
    accounts = [(one.email, one.password) for one in people]
    assert await fill_demo(own_house.url, site_key, accounts, settings.data) is not None
    assert await answer_demo(db) == 4
    workspace_id = await demo_workspace(db)
    assert workspace_id is not None
    async with db.tx(workspace_id) as tx:
        rows = await tx.fetch("select csat, agent_id from survey_invites order by csat")
        [surveys] = await tx.fetch("select count(*) as n from surveys")
        [follow] = await tx.fetch("select count(*) as n from survey_follow_ups")
    assert [row["csat"] for row in rows] == [2, 4, 5, 5, None]
    assert all(row["agent_id"] for row in rows)
    assert (surveys["n"], follow["n"]) == (1, 1)
