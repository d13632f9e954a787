"""Wrap-ups are filled in during a conversation, asked for at its end, or added later."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.conversations.number import hold
from kezhan.conversations.read import seen_head
from kezhan.conversations.schemas import State
from kezhan.conversations.see import require_hand
from kezhan.conversations.wrapup import store
from kezhan.conversations.wrapup.schemas import Filled, WrapUpIn, WrapUpState, WrapUpView
from kezhan.forms.check import checked
from kezhan.forms.schemas import FormView, Purpose, Values
from kezhan.forms.service import form_at, form_for
from kezhan.kit.clock import now, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.masking import returned
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission


async def get_wrap_up(tx: Tx, caller: Caller, conversation_id: UUID) -> WrapUpView:
    """Raises NotFound."""
    head = await seen_head(tx, caller, conversation_id)
    row = await store.wrap_up(tx, conversation_id)
    form: FormView | None
    if row is not None and (head.state == State.CLOSED or row.state == WrapUpState.DONE):
        form = await form_at(tx, row.form_id, row.version)
    else:
        form = await _asked(tx, head.team_id)
    fitting = row is not None and form is not None and row.form_id == form.id
    return WrapUpView(
        form=form,
        values=row.filled.values if row is not None and fitting else {},
        state=WrapUpState(row.state) if row is not None and fitting else WrapUpState.NONE,
        at=wire_or_none(row.at) if row is not None and fitting else None,
    )


async def put_wrap_up(tx: Tx, caller: Caller, conversation_id: UUID, filled: WrapUpIn) -> None:
    """Of a conversation that goes on: kept as a draft, as far as it is. Of one that has ended: whole. Raises
    Refused 409 where another form is asked by now."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_REPLY)
    ended = row.state == State.CLOSED
    before = await store.wrap_up(tx, conversation_id)
    form: FormView | None
    if ended and before is not None:
        form = await form_at(tx, before.form_id, before.version)
    else:
        form = await _asked(tx, row.team_id)
    values = checked(_same(form, filled).fields, _plain(caller, filled, before), whole=ended)
    state = WrapUpState.DONE if ended else WrapUpState.DRAFT
    await _keep(tx, conversation_id, filled.form_id, filled.version, values, state, caller.membership_id)


async def finish(tx: Tx, caller: Caller, row: Row[Any], filled: WrapUpIn | None) -> None:
    """At the end of the conversation `row`, locked: what is asked for must be there, given now (`filled`) or
    drafted before. Raises Refused with the field's name."""
    form = await _asked(tx, row.team_id)
    if form is None:
        return
    values: Values = {}
    draft = await store.wrap_up(tx, row.id)
    if filled is not None:
        _same(form, filled)
        values = _plain(caller, filled, draft)
    elif draft is not None and _of(draft, form):
        values = draft.filled.values
    kept = checked(form.fields, values, whole=True)
    await _keep(tx, row.id, form.id, form.version, kept, WrapUpState.DONE, caller.membership_id)


async def holds(tx: Tx, caller: Caller, row: Row[Any], filled: WrapUpIn) -> bool:
    """Whether this is the wrap-up that the ended conversation `row` has, as far as any is asked for."""
    kept = await store.wrap_up(tx, row.id)
    if kept is None:
        return await _asked(tx, row.team_id) is None
    if (kept.form_id, kept.version) != (filled.form_id, filled.version):
        return False
    form = await form_at(tx, filled.form_id, filled.version)
    return bool(kept.filled.values == checked(form.fields, _plain(caller, filled, kept), whole=False))


async def leave_out(tx: Tx, row: Row[Any]) -> None:
    """The house ends the conversation `row`, locked: nobody is asked, and what was drafted stays."""
    form = await _asked(tx, row.team_id)
    if form is not None:
        draft = await store.wrap_up(tx, row.id)
        values = draft.filled.values if draft is not None and _of(draft, form) else {}
        await _keep(tx, row.id, form.id, form.version, values, WrapUpState.LEFT_OUT, None)


async def _asked(tx: Tx, team_id: UUID | None) -> FormView | None:
    return await form_for(tx, Purpose.WRAP_UP, team_id)


def _plain(caller: Caller, filled: WrapUpIn, before: Row[Any] | None) -> Values:
    """What she has filled in; where it still says what she reads masked, what it was."""
    known: Values = before.filled.values if before is not None else {}
    return {name: returned(value, known.get(name), caller.cover) for name, value in filled.values.items()}


def _of(draft: Row[Any], form: FormView) -> bool:
    return bool((draft.form_id, draft.version) == (form.id, form.version))


def _same(form: FormView | None, filled: WrapUpIn) -> FormView:
    if form is None or (form.id, form.version) != (filled.form_id, filled.version):
        raise Refused("forms.changed", 409)
    return form


async def _keep(
    tx: Tx, conversation_id: UUID, form_id: UUID, version: int, values: Values, state: str, by: UUID | None
) -> None:
    kept = {"form_id": form_id, "version": version, "state": state, "by_id": by, "at": now()}
    await store.put_wrap_up(tx, conversation_id, {**kept, "filled": Filled(values=values)})
