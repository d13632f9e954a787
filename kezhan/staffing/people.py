"""What happens to people and to the workspace's zone, heard from below."""

from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.staffing import store
from kezhan.staffing.duty import settle
from kezhan.staffing.roster import leave, renew
from kezhan.workspaces.events import PeopleChanged


async def on_people_changed(tx: Tx, event: PeopleChanged) -> None:
    """A member who goes has no shifts any more; in another zone the same clock times are other moments. Wired
    `in_tx`, so that no roster outlives its cause."""
    if event.action == "member.archive" and isinstance(event.subject_id, UUID):
        await leave(tx, event.subject_id)
    elif event.action == "workspace.edit" and event.facts and "time_zone" in (event.facts.fields or ()):
        await store.hold_roster(tx)
        await renew(tx)
        await settle(tx)
