"""Writing the log."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec

from kezhan.audit import store
from kezhan.audit.keys import Of, seal
from kezhan.kit.changes import Change
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id


class Actor(Protocol):
    """Whoever does something: a `Caller`, or what the house does by a rule that somebody has made."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> UUID: ...
    @property
    def peer(self) -> str | None: ...


async def record(
    tx: Tx,
    caller: Actor | None,
    action: str,
    subject_kind: str,
    subject_id: UUID | None,
    *,
    detail: msgspec.Struct | None = None,
    changes: Sequence[Change] = (),
    of: Of | None = None,
) -> None:
    """One line, in the transaction of what it tells of. `caller` None is the system itself.

    `action` is `subject.verb` (`channel.edit`); `detail` a Struct with its version `v`: ids and small facts.
    `changes` are what was changed, from what to what, without secrets; where they are a person's values, `of`
    says whose, and they are sealed under her key.
    """
    who = {
        "actor_kind": "system" if caller is None else caller.kind,
        "actor_id": None if caller is None else caller.id,
        "peer": None if caller is None else caller.peer,
    }
    told = None if detail is None else msgspec.to_builtins(detail)
    what = {"action": action, "subject_kind": subject_kind, "subject_id": subject_id, "detail": told}
    await add(tx, {**who, **what}, changes, of)


async def add(tx: Tx, row: dict[str, Any], changes: Sequence[Change], of: Of | None) -> None:
    """A row of the log by its columns, with its changes."""
    row = {"id": new_id(), **row}
    if of is not None and changes:
        row |= {"person_kind": of.kind, "person_id": of.id}
        row["private"] = await seal(tx, of, row["id"], changes)
    elif changes:
        row["changes"] = list(changes)
    await store.add(tx, row)
