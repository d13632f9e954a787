"""What the floor below did, heard through `wiring` because it cannot call up here."""

import msgspec

from kezhan.audit import store
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.workspaces.events import PeopleChanged


async def on_people_changed(tx: Tx, event: PeopleChanged) -> None:
    """Keep what the floor below did; wired `in_tx`, so that line and change stand or fall together."""
    await store.add(
        tx,
        {
            "id": new_id(),
            "actor_kind": event.actor_kind,
            "actor_id": event.actor_id,
            "action": event.action,
            "subject_kind": event.subject_kind,
            "subject_id": event.subject_id,
            "detail": None if event.facts is None else msgspec.to_builtins(event.facts),
            "peer": event.peer,
        },
    )
