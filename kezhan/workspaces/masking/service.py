"""What a workspace masks, read and changed."""

from kezhan.kit.changes import between
from kezhan.kit.db import Tx
from kezhan.kit.outbox import emit
from kezhan.kit.sensitive import Sort
from kezhan.workspaces import store
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts
from kezhan.workspaces.masking.schemas import Masking


async def get_masking(tx: Tx) -> Masking:
    row = await store.workspace(tx)
    return Masking(masked=[Sort(sort) for sort in row.masked], plain_when_serving=row.plain_when_serving)


async def put_masking(tx: Tx, caller: Caller, form: Masking) -> Masking:
    """From now on, for open sockets too: they come back with it. The same again changes nothing."""
    row = await store.hold_workspace(tx)
    wanted = {
        "masked": [str(sort) for sort in Sort if sort in form.masked],
        "plain_when_serving": form.plain_when_serving,
    }
    changes = {name: value for name, value in wanted.items() if value != getattr(row, name)}
    if changes:
        await store.edit_workspace(tx, changes)
        facts, told = Facts(fields=sorted(changes)), between(row, changes, changes)
        event = caller.did("masking.edit", "workspace", tx.workspace, facts, told)
        await emit(tx, event, [f"workspace:{tx.workspace}"])
    return await get_masking(tx)
