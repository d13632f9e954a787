"""What the floor below did, heard through `wiring` because it cannot call up here."""

import msgspec

from kezhan.audit.keys import Of
from kezhan.audit.service import add
from kezhan.kit.db import Tx
from kezhan.workspaces.events import PeopleChanged


async def on_people_changed(tx: Tx, event: PeopleChanged) -> None:
    """Keep what the floor below did; wired `in_tx`, so that line and change stand or fall together. What is
    changed of a member are her own values."""
    row = {
        "actor_kind": event.actor_kind,
        "actor_id": event.actor_id,
        "action": event.action,
        "subject_kind": event.subject_kind,
        "subject_id": event.subject_id,
        "detail": None if event.facts is None else msgspec.to_builtins(event.facts),
        "peer": event.peer,
    }
    changes = event.aside.told if event.aside else ()
    hers = event.subject_kind == "member" and event.subject_id is not None
    await add(tx, row, changes, Of("member", event.subject_id) if hers and event.subject_id else None)
