"""Who has a reception, and what becomes of the work of those who go."""

from kezhan.testing import Running
from kezhan.workspaces.first_run import demo_workspace, ensure_demo_people


async def test_a_new_workspace_has_a_reception(own_house: Running) -> None:
    await ensure_demo_people(own_house.db, own_house.house.settings)
    workspace_id = await demo_workspace(own_house.db)
    assert workspace_id is not None
    async with own_house.db.tx(workspace_id) as tx:
        rows = await tx.fetch("select automatic from routing_settings")
    assert [row["automatic"] for row in rows] == [True]
