"""Routes: tag rules, and whom one would have touched."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.datastructures import State

from kezhan.kit.db import Tx
from kezhan.kit.http import while_there
from kezhan.kit.reading import Reader
from kezhan.tagging import preview, service
from kezhan.tagging import schemas as s
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_MANAGE = needs(Permission.TAG_MANAGE)
_ROOT = "/api/tag-rules"
_ONE = f"{_ROOT}/{{rule_id:uuid}}"


@get(_ROOT, guards=[_MANAGE], operation_id="tagging_list")
async def get_rules(tx: Tx, caller: Caller) -> s.TagRuleList:
    return await service.list_rules(tx, caller)


@post(_ROOT, guards=[_MANAGE], operation_id="tagging_create")
async def post_rule(tx: Tx, caller: Caller, data: s.TagRuleForm) -> s.TagRule:
    caller.require(Permission.CONTACT_READ)
    return await service.create(tx, caller, data)


@put(_ONE, guards=[_MANAGE], operation_id="tagging_change")
async def put_rule(tx: Tx, caller: Caller, rule_id: UUID, data: s.TagRuleEdit) -> s.TagRule:
    caller.require(Permission.CONTACT_READ)
    return await service.change(tx, caller, rule_id, data)


@put(f"{_ONE}/activity", guards=[_MANAGE], operation_id="tagging_switch_on")
async def put_activity(tx: Tx, caller: Caller, rule_id: UUID) -> s.TagRule:
    return await service.switch(tx, caller, rule_id, active=True)


@delete(f"{_ONE}/activity", guards=[_MANAGE], operation_id="tagging_switch_off", status_code=200)
async def delete_activity(tx: Tx, caller: Caller, rule_id: UUID) -> s.TagRule:
    return await service.switch(tx, caller, rule_id, active=False)


@delete(_ONE, guards=[_MANAGE], operation_id="tagging_remove")
async def delete_rule(tx: Tx, caller: Caller, rule_id: UUID) -> None:
    await service.remove(tx, caller, rule_id)


@post("/api/tag-rule-preview", guards=[_MANAGE], operation_id="tagging_preview", status_code=200)
async def post_preview(
    request: Request[Any, Any, Any], state: State, reader: Reader, caller: Caller, data: s.RuleTrial
) -> s.RulePreview:
    """With how many customers it would have happened in the last days, of a rule that is not kept yet."""
    caller.require(Permission.CONTACT_READ)
    return await while_there(request, preview.preview(state.db, reader, caller, data))


routes: list[Any] = [
    get_rules,
    post_rule,
    put_rule,
    put_activity,
    delete_activity,
    delete_rule,
    post_preview,
]
