"""The statements about wrap-ups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert

from kezhan.conversations.wrapup.models import WrapUpRow
from kezhan.kit.db import Tx


async def wrap_up(tx: Tx, conversation_id: UUID) -> Row[Any] | None:
    return await tx.row(select(WrapUpRow.__table__).where(WrapUpRow.conversation_id == conversation_id))


async def put_wrap_up(tx: Tx, conversation_id: UUID, values: dict[str, Any]) -> None:
    row = insert(WrapUpRow).values(workspace_id=tx.workspace, conversation_id=conversation_id, **values)
    keys = ["workspace_id", "conversation_id"]
    await tx.run(row.on_conflict_do_update(index_elements=keys, set_=values))


async def choice_counts(tx: Tx, since: datetime) -> Sequence[Row[Any]]:
    """(form_id, version, field, choice, team_id, taken) of the conversations that have ended since."""
    return await tx.rows(_CHOICE_COUNTS, {"since": since})


async def team_counts(tx: Tx, since: datetime) -> Sequence[Row[Any]]:
    """(team_id, done, left_out) of the conversations that have ended since."""
    return await tx.rows(_TEAM_COUNTS, {"since": since})


_ENDED = "join conversations c on c.id = u.conversation_id and c.closed_at >= :since and c.spam_at is null"
_CHOICE_COUNTS = text(
    f"""
    select u.form_id, u.version, d.field ->> 'id' as field, o.choice #>> '{{}}' as choice, c.team_id,
           count(*) as taken
    from wrap_ups u {_ENDED}
    join form_versions v on v.form_id = u.form_id and v.version = u.version
    cross join lateral jsonb_array_elements(v.fields -> 'fields') d(field)
    cross join lateral (select u.filled -> 'values' -> (d.field ->> 'id') as value) a
    cross join lateral jsonb_array_elements(
        case when jsonb_typeof(a.value) = 'array' then a.value else jsonb_build_array(a.value) end) o(choice)
    where u.state = 'done' and a.value is not null
      and d.field ->> 'kind' in ('choice', 'choices', 'tree', 'yes_no')
    group by 1, 2, 3, 4, 5
    """  # noqa: S608 - words of this file
)
_TEAM_COUNTS = text(
    f"""
    select c.team_id, count(*) filter (where u.state = 'done') as done,
           count(*) filter (where u.state = 'left_out') as left_out
    from wrap_ups u {_ENDED}
    where u.state <> 'draft' group by 1 order by 1 nulls first
    """  # noqa: S608 - words of this file
)
