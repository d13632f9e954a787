"""What happens to roles, heard from below."""

from msgspec import structs

from kezhan.fields import store
from kezhan.fields.schemas import CustomField, StoredSet, Subject
from kezhan.kit.db import Tx
from kezhan.workspaces.events import PeopleChanged


async def on_people_changed(tx: Tx, event: PeopleChanged) -> None:
    """A field that names a role which has gone names its replacement. Wired `in_tx`, so that nobody loses or
    gains a field in between."""
    facts = event.facts
    if event.action != "role.remove" or facts is None or not facts.role or not facts.role_before:
        return
    for subject in Subject:
        await store.hold(tx, subject)
        row = await store.field_set(tx, subject)
        before = row.fields.fields if row is not None else []
        after = [_renamed(field, facts.role_before, facts.role) for field in before]
        if row is not None and after != before:
            await store.put(tx, subject, row.version + 1, StoredSet(fields=after))


def _renamed(field: CustomField, before: str, after: str) -> CustomField:
    reads, writes = (
        list(dict.fromkeys(after if one == before else one for one in roles))
        for roles in (field.reads, field.writes)
    )
    return structs.replace(field, reads=reads, writes=writes)
