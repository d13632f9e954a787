"""Routes: the service, who reads translated, what is translated."""

from typing import Any
from uuid import UUID

from litestar import delete, get, post, put
from litestar.datastructures import State

from kezhan.kit.db import Tx
from kezhan.translate import schemas as s
from kezhan.translate import settings, work
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_SETTINGS = "/api/translation"
_OF_CONVERSATION = "/api/conversations/{conversation_id:uuid}/translation"
_MANAGE = needs(Permission.WORKSPACE_MANAGE)
_READ = needs(Permission.CONVERSATION_READ)
_REPLY = needs(Permission.CONVERSATION_REPLY)


@get(_SETTINGS, guards=[_MANAGE], operation_id="translation_settings")
async def get_settings(tx: Tx, caller: Caller) -> s.TranslationSettings:
    return await settings.get_settings(tx)


@put(_SETTINGS, guards=[_MANAGE], operation_id="translation_put_settings")
async def put_settings(
    tx: Tx, caller: Caller, state: State, data: s.TranslationForm
) -> s.TranslationSettings:
    return await settings.put_settings(tx, state.keyring, caller, data)


@post(_SETTINGS + "/trial", guards=[_MANAGE], operation_id="translation_try", status_code=200)
async def post_trial(state: State, caller: Caller, data: s.TranslationForm) -> s.TranslationTried:
    """Translate a sentence by a service as the form names it; nothing is kept."""
    translating: work.Translating = state.translating
    return await translating.tried(caller, data)


@get(_OF_CONVERSATION, guards=[_READ], operation_id="translation_standing")
async def get_standing(tx: Tx, caller: Caller, conversation_id: UUID) -> s.TranslationStanding:
    return await work.standing(tx, caller, conversation_id)


@put(_OF_CONVERSATION, guards=[_READ], operation_id="translation_choose")
async def put_choice(tx: Tx, caller: Caller, conversation_id: UUID, data: s.TranslationChoice) -> None:
    """The caller reads this conversation translated."""
    await work.choose(tx, caller, conversation_id, data)


@delete(_OF_CONVERSATION, guards=[_READ], operation_id="translation_end")
async def delete_choice(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    await work.choose(tx, caller, conversation_id, None)


@post(
    _OF_CONVERSATION + "/messages",
    guards=[_READ],
    operation_id="translation_messages",
    status_code=200,
)
async def post_messages(
    state: State, caller: Caller, conversation_id: UUID, data: s.TranslationAsk
) -> s.TranslatedMessages:
    """What these messages of the customer say in the caller's language."""
    translating: work.Translating = state.translating
    return await translating.messages(caller, conversation_id, data.seqs)


@post(_OF_CONVERSATION + "/draft", guards=[_REPLY], operation_id="translation_draft", status_code=200)
async def post_draft(
    state: State, caller: Caller, conversation_id: UUID, data: s.DraftAsk
) -> s.DraftTranslated:
    """What a reply says in the customer's language; nothing is sent."""
    translating: work.Translating = state.translating
    return await translating.draft(caller, conversation_id, data.text)


routes: list[Any] = [
    get_settings,
    put_settings,
    post_trial,
    get_standing,
    put_choice,
    delete_choice,
    post_messages,
    post_draft,
]
