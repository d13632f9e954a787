"""Who has a reception, and what becomes of the work of those who go."""

from kezhan.channels.tests.people import Shop
from kezhan.routing.tests.factories import Lobby
from kezhan.testing import Running
from kezhan.workspaces.first_run import demo_workspace, ensure_demo_people


async def test_a_new_workspace_has_a_reception(own_house: Running) -> None:
    await ensure_demo_people(own_house.db, own_house.house.settings)
    workspace_id = await demo_workspace(own_house.db)
    assert workspace_id is not None
    async with own_house.db.tx(workspace_id) as tx:
        rows = await tx.fetch("select automatic from routing_settings")
    assert [row["automatic"] for row in rows] == [True]


async def test_a_reception_opened_later_knows_who_is_there_and_what_is_open(shop: Shop) -> None:
    lobby = Lobby(shop)
    owner = await shop.agent("owner", "沈青山")
    _, served = await lobby.customer()
    await owner.request("PUT", f"/api/conversations/{served}/assignment", {})
    _, waiting = await lobby.customer()
    form = {"automatic": True, "live_units": 2}
    for _ in range(2):  # a second time changes nothing
        assert (await owner.request("PUT", "/api/reception", form)).status_code == 200
    await lobby.until(lambda seats: seats["沈青山"]["live_used"] == 2)
    assert await lobby.holder(served) == "沈青山"
    assert await lobby.holder(waiting) == "沈青山"
    await lobby.check()


async def test_what_an_archived_colleague_had_goes_to_those_who_are_there(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    gone = await lobby.agent("周小满")
    _, talk = await lobby.customer()
    assert await lobby.holder(talk) == "周小满"
    await lobby.agent("林晚晴")
    owner = await shop.agent("owner", "沈青山")
    await owner.request("PUT", "/api/seat/state", {"state": "busy"})
    answer = await owner.request("DELETE", f"/api/members/{lobby.ids['周小满']}")
    assert answer.status_code == 204
    await lobby.until(lambda seats: seats["林晚晴"]["live_used"] == 1)
    assert await lobby.holder(talk) == "林晚晴"
    assert (await lobby.seats())["周小满"]["state"] == "offline"
    await lobby.check()
    await gone.close()
