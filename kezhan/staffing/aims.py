"""What the workspace aims at, and how its shifts switch seats."""

import msgspec
from msgspec import Struct

from kezhan.audit.service import record
from kezhan.kit.changes import between
from kezhan.kit.db import Tx
from kezhan.staffing import store
from kezhan.staffing.schemas import StaffingSettings
from kezhan.workspaces.authenticate import Caller


class _Fields(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    fields: list[str]


async def settings(tx: Tx) -> StaffingSettings:
    """As they were saved, else the defaults."""
    row = await store.settings(tx)
    if row is None:
        return StaffingSettings()
    values = row._asdict()
    del values["workspace_id"]
    return msgspec.convert(values, StaffingSettings)


async def keep_settings(tx: Tx, caller: Caller, wanted: StaffingSettings) -> bool:
    """Whether anything is different now."""
    before = msgspec.to_builtins(await settings(tx))
    after = msgspec.to_builtins(wanted)
    fields = sorted(name for name, value in after.items() if value != before[name])
    if fields:
        await store.put_settings(tx, after)
        detail, told = _Fields(fields=fields), between(before, after)
        await record(tx, caller, "staffing_settings.edit", "workspace", None, detail=detail, changes=told)
    return bool(fields)
