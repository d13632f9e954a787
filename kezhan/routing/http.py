"""Routes of reception: one's own seat and offers, everybody's seats, what reception goes by, and why."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, patch, post, put
from litestar.params import Parameter

from kezhan.conversations.transfer import withdraw
from kezhan.kit.db import Tx
from kezhan.kit.http import language_of
from kezhan.routing import lists, policies
from kezhan.routing import schemas as s
from kezhan.routing.queue import offers, show, transfers
from kezhan.routing.seats import edit, state, views
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_REPLY = needs(Permission.CONVERSATION_REPLY)
_READ = needs(Permission.CONVERSATION_READ)
_MANAGE = needs(Permission.ROUTING_MANAGE)
_Request = Request[Any, Any, Any]
Reason = Annotated[str, Parameter(max_length=200)]


@get("/api/seat", guards=[_REPLY], operation_id="routing_get_seat")
async def get_seat(tx: Tx, caller: Caller) -> s.SeatView:
    return await views.one_seat(tx, caller.membership_id)


@put("/api/seat/state", guards=[_REPLY], operation_id="routing_set_state")
async def put_state(tx: Tx, caller: Caller, data: s.StateIn) -> s.SeatView:
    await state.set_state(tx, caller.membership_id, data.state, data.reason_id, by=caller.membership_id)
    return await views.one_seat(tx, caller.membership_id)


@get("/api/seats", guards=[_READ], operation_id="routing_list_seats")
async def get_seats(tx: Tx, caller: Caller) -> s.SeatList:
    return await views.list_seats(tx)


@patch("/api/seats/{membership_id:uuid}", guards=[_MANAGE], operation_id="routing_edit_seat")
async def patch_seat(tx: Tx, caller: Caller, membership_id: UUID, data: s.SeatEdit) -> s.SeatView:
    return await edit.edit_seat(tx, caller, membership_id, data)


@put("/api/seats/{membership_id:uuid}/state", guards=[_MANAGE], operation_id="routing_set_seat_state")
async def put_seat_state(tx: Tx, caller: Caller, membership_id: UUID, data: s.StateIn) -> s.SeatView:
    """A supervisor sets a colleague's state."""
    return await edit.set_for(tx, caller, membership_id, data)


@get("/api/offers", guards=[_REPLY], operation_id="routing_list_offers")
async def get_offers(tx: Tx, caller: Caller) -> s.OfferList:
    return s.OfferList(await show.my_offers(tx, caller))


@put(
    "/api/conversations/{conversation_id:uuid}/acceptance",
    guards=[_REPLY],
    operation_id="routing_accept_offer",
)
async def put_acceptance(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    await offers.accept(tx, caller, conversation_id)


@delete(
    "/api/conversations/{conversation_id:uuid}/acceptance",
    guards=[_REPLY],
    operation_id="routing_decline_offer",
)
async def delete_acceptance(tx: Tx, caller: Caller, conversation_id: UUID, reason: Reason = "") -> None:
    await offers.decline(tx, caller, conversation_id, reason)


@put("/api/conversations/{conversation_id:uuid}/transfer", guards=[_REPLY], operation_id="routing_transfer")
async def put_transfer(tx: Tx, caller: Caller, conversation_id: UUID, data: s.TransferIn) -> None:
    """Hand on what one serves; a colleague is asked, and it stays until she accepts."""
    await transfers.hand_on(tx, caller, conversation_id, data)


@delete(
    "/api/conversations/{conversation_id:uuid}/transfer",
    guards=[_REPLY],
    operation_id="routing_withdraw_transfer",
)
async def delete_transfer(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    await withdraw(tx, caller, conversation_id)


@get("/api/conversations/{conversation_id:uuid}/trace", guards=[_READ], operation_id="routing_get_trace")
async def get_trace(tx: Tx, caller: Caller, conversation_id: UUID) -> s.Trace:
    return await show.trace(tx, caller, conversation_id)


@get("/api/queue-lengths", guards=[_READ], operation_id="routing_list_lengths")
async def get_lengths(tx: Tx) -> s.QueueLengths:
    return await show.queue_lengths(tx)


@get("/api/break-reasons", guards=[_READ], operation_id="routing_list_reasons")
async def get_reasons(tx: Tx, caller: Caller) -> s.ReasonList:
    return await lists.list_reasons(tx)


@post("/api/break-reasons", guards=[_MANAGE], operation_id="routing_add_reason")
async def post_reason(tx: Tx, caller: Caller, data: s.ReasonMake) -> s.Reason:
    return await lists.add_reason(tx, caller, data)


@delete("/api/break-reasons/{reason_id:uuid}", guards=[_MANAGE], operation_id="routing_archive_reason")
async def delete_reason(tx: Tx, caller: Caller, reason_id: UUID) -> None:
    await lists.archive_reason(tx, caller, reason_id)


@get("/api/skills", guards=[_READ], operation_id="routing_list_skills")
async def get_skills(tx: Tx, caller: Caller) -> s.SkillList:
    return await lists.list_skills(tx)


@post("/api/skills", guards=[_MANAGE], operation_id="routing_add_skill")
async def post_skill(tx: Tx, caller: Caller, data: s.SkillMake) -> s.SkillView:
    return await lists.add_skill(tx, caller, data)


@patch("/api/skills/{skill_id:uuid}", guards=[_MANAGE], operation_id="routing_edit_skill")
async def patch_skill(tx: Tx, caller: Caller, skill_id: UUID, data: s.SkillEdit) -> s.SkillView:
    return await lists.edit_skill(tx, caller, skill_id, data)


@delete("/api/skills/{skill_id:uuid}", guards=[_MANAGE], operation_id="routing_archive_skill")
async def delete_skill(tx: Tx, caller: Caller, skill_id: UUID) -> None:
    await lists.archive_skill(tx, caller, skill_id)


@get("/api/channel-weights", guards=[_READ], operation_id="routing_list_weights")
async def get_weights(tx: Tx, caller: Caller) -> s.WeightList:
    return await lists.list_weights(tx)


@put("/api/channel-weights/{account_id:uuid}", guards=[_MANAGE], operation_id="routing_set_weight")
async def put_weight(tx: Tx, caller: Caller, account_id: UUID, data: s.WeightIn) -> None:
    await lists.set_weight(tx, caller, account_id, data)


@get("/api/queues", guards=[_READ], operation_id="routing_list_limits")
async def get_limits(tx: Tx, caller: Caller) -> dict[str, s.TeamLimits]:
    """By team; the workspace's own id is everybody's queue."""
    return await lists.list_limits(tx)


@put("/api/queues/{queue_id:uuid}", guards=[_MANAGE], operation_id="routing_set_limits")
async def put_limits(tx: Tx, caller: Caller, queue_id: UUID, data: s.TeamLimits) -> None:
    await lists.set_limits(tx, caller, queue_id, data)


@get("/api/reception", guards=[_READ], operation_id="routing_get_settings")
async def get_settings(tx: Tx, caller: Caller) -> s.ReceptionSettings:
    return await lists.get_settings(tx)


@put("/api/reception", guards=[_MANAGE], operation_id="routing_set_settings")
async def put_settings(tx: Tx, caller: Caller, data: s.ReceptionSettings) -> None:
    await lists.set_settings(tx, caller, data)


@get("/api/routing-policy", guards=[_READ], operation_id="routing_get_policy")
async def get_policy(tx: Tx, caller: Caller) -> s.PolicyView:
    return await policies.current(tx)


@get("/api/routing-policy/versions", guards=[_MANAGE], operation_id="routing_list_policies")
async def get_policies(tx: Tx, caller: Caller) -> list[s.PolicyView]:
    return await policies.versions(tx)


@put("/api/routing-policy", guards=[_MANAGE], operation_id="routing_save_policy")
async def put_policy(request: _Request, tx: Tx, caller: Caller, data: s.PolicyIn) -> s.PolicySaved:
    """Saves where nothing is wrong; findings otherwise, and nothing is changed."""
    return await policies.save(tx, caller, data, language_of(request.headers, request.cookies))


@post("/api/routing-policy/preview", guards=[_MANAGE], operation_id="routing_preview_policy")
async def post_preview(tx: Tx, caller: Caller, data: s.PolicyIn) -> s.PolicyPreview:
    return await policies.preview(tx, data.policy)


routes: list[Any] = [
    get_seat,
    put_state,
    get_seats,
    patch_seat,
    put_seat_state,
    get_offers,
    put_acceptance,
    delete_acceptance,
    put_transfer,
    delete_transfer,
    get_trace,
    get_lengths,
    get_reasons,
    post_reason,
    delete_reason,
    get_skills,
    post_skill,
    patch_skill,
    delete_skill,
    get_weights,
    put_weight,
    get_limits,
    put_limits,
    get_settings,
    put_settings,
    get_policy,
    get_policies,
    put_policy,
    post_preview,
]
