"""Who has looked at or for a customer: noted without a statement, written together a moment later.

Looks are many: of one person at one customer there is one row in ten minutes, at the time of the first. What
a process has noted in its last two seconds is lost where it is killed; ended in order it writes it first.
"""

import math
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from litestar import Request

from kezhan.audit import store
from kezhan.audit.store import Look
from kezhan.kit.beat import every
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.log import log
from kezhan.workspaces.authenticate import Caller

WINDOW_SECONDS = 600
_BEAT_SECONDS = 2.0
_MOST = 500
"""Rows of one statement."""


async def answered(request: Request[Any, Any, Any]) -> None:
    """Of the whole house: what was read of a customer, by any route that names her in its path."""
    contact_id = request.path_params.get("contact_id")
    if contact_id is None or request.method != "GET":
        return
    caller = request.scope["state"].get("caller")
    if caller is not None:  # a customer reads what is hers
        lookups: Lookups = request.app.state.lookups
        lookups.at_contact(caller, contact_id)


async def conversation_answered(request: Request[Any, Any, Any]) -> None:
    """Of a route that gives what is said in a conversation."""
    lookups: Lookups = request.app.state.lookups
    lookups.at_conversation(request.scope["state"]["caller"], request.path_params["conversation_id"])


class Lookups:
    """The looks of this process that are still to be written."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._noted: dict[UUID, dict[UUID, Look]] = {}
        self._written: set[tuple[UUID, UUID, str, UUID | None]] = set()
        self._window = 0

    def at_contact(self, caller: Caller, contact_id: UUID) -> None:
        """Her card, her notes, her history, what she has ordered: all the same look."""
        self._note(caller, "contact.look", "contact", contact_id)

    def at_conversation(self, caller: Caller, conversation_id: UUID) -> None:
        """What is said in it, or was."""
        self._note(caller, "conversation.look", "conversation", conversation_id)

    def for_contacts(self, caller: Caller) -> None:
        """The list of customers has been searched; the words are not kept."""
        self._note(caller, "contact.search", "workspace", None)

    def through_everything(self, caller: Caller) -> None:
        """Conversations, messages, files and customers have been searched; the words are not kept."""
        self._note(caller, "search.run", "workspace", None)

    def _note(self, caller: Caller, action: str, kind: str, subject_id: UUID | None) -> None:
        at = now()
        if (window := math.floor(at.timestamp() / WINDOW_SECONDS)) != self._window:
            self._window = window
            self._written.clear()
        if (seen := (caller.workspace_id, caller.id, action, subject_id)) in self._written:
            return
        self._written.add(seen)
        # By its name every process knows the same look.
        look_id = uuid5(NAMESPACE_OID, f"{caller.workspace_id} {caller.id} {action} {subject_id} {window}")
        look = Look(look_id, at, caller.kind, caller.id, action, kind, subject_id, caller.peer)
        self._noted.setdefault(caller.workspace_id, {})[look_id] = look

    async def run(self) -> None:
        """Until cancelled."""
        await every(_BEAT_SECONDS, self.write, "audit.lookups_failed")

    async def write(self) -> None:
        """All that is noted. What cannot be written is tried again at the next beat."""
        noted, self._noted = self._noted, {}
        for workspace_id, looks in noted.items():
            try:
                async with self._db.tx(workspace_id) as tx:
                    rows = list(looks.values())
                    for place in range(0, len(rows), _MOST):
                        await store.add_looks(tx, rows[place : place + _MOST])
            except Exception as fault:
                log.warning("audit.looks_kept_back", fault=repr(fault))
                self._noted.setdefault(workspace_id, {}).update(looks)
