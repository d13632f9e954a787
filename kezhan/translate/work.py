"""The work itself: asked once for all who read the same, kept, counted."""

import asyncio
import hashlib
from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple
from uuid import UUID

from kezhan.conversations.desk import Desk
from kezhan.conversations.events import MessageChanged
from kezhan.conversations.read import seen_head
from kezhan.conversations.reply import may_reply
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.fetch import guarded_client
from kezhan.kit.reading import ReadRow
from kezhan.translate import store
from kezhan.translate.guess import is_in, known, likely
from kezhan.translate.provider import Translator, translator
from kezhan.translate.schemas import (
    MAX_TEXT,
    DraftTranslated,
    Language,
    TranslatedMessage,
    TranslatedMessages,
    TranslationChoice,
    TranslationForm,
    TranslationStanding,
    TranslationTried,
)
from kezhan.translate.settings import Service, service_of, to_be_tried
from kezhan.workspaces.authenticate import Caller

AT_ONCE = 4
"""How many texts of one workspace a process has under way."""
_SAMPLE: dict[Language, str] = {"en": "您好，请问有什么可以帮您？", "zh-CN": "Hello, how can I help you?"}


class _Wanted(NamedTuple):
    """A text of a conversation, and into what."""

    workspace_id: UUID
    conversation_id: UUID
    seq: int
    language: Language
    digest: bytes


class Translating:
    """One per process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._http = guarded_client(inside=desk.settings.inside_networks)
        self._under_way: dict[_Wanted, asyncio.Task[str]] = {}
        self._room: dict[UUID, asyncio.Semaphore] = {}

    async def stop(self) -> None:
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        await self._http.aclose()

    async def messages(
        self, caller: Caller, conversation_id: UUID, seqs: Sequence[int]
    ) -> TranslatedMessages:
        """What these customers' messages say in the reader's language; of others there is nothing. Raises
        NotFound, Refused 409 where there is no service; what goes wrong with one message stands beside it."""
        async with self._desk.db.tx(caller.workspace_id) as tx:
            await seen_head(tx, caller, conversation_id)
            service = await service_of(tx, self._desk.keyring)
            row = await store.standing(tx, conversation_id, caller.membership_id)
            language = _standing(row, caller).language
            said = await store.said(tx, conversation_id, seqs, language)
        found = [self._one(caller, service, conversation_id, language, row["told"], one) for one in said]
        return TranslatedMessages(list(await asyncio.gather(*found)))

    async def _one(
        self,
        caller: Caller,
        service: Service,
        conversation_id: UUID,
        language: Language,
        told: str,
        said: ReadRow,
    ) -> TranslatedMessage:
        body, digest = said["body"], _digest(said["body"])
        if said["digest"] == digest:
            return _shown(said["seq"], body, said["found"])
        if is_in(body, language, told):
            return TranslatedMessage(seq=said["seq"])
        wanted = _Wanted(caller.workspace_id, conversation_id, said["seq"], language, digest)
        try:
            return _shown(said["seq"], body, await self._once(service, wanted, body))
        except Refused as refused:
            return TranslatedMessage(seq=said["seq"], fault=refused.code)

    async def _once(self, service: Service, wanted: _Wanted, text: str) -> str:
        """Whoever asks for the same while it is under way waits for the same answer."""
        task = self._under_way.get(wanted)
        if task is None:
            task = asyncio.create_task(self._translated(service, wanted, text))
            self._under_way[wanted] = task
            task.add_done_callback(lambda done: self._over(wanted, done))
        return await asyncio.shield(task)

    def _over(self, wanted: _Wanted, task: "asyncio.Task[str]") -> None:
        del self._under_way[wanted]
        if not task.cancelled():
            task.exception()  # heard, even where nobody waits any more

    async def _translated(self, service: Service, wanted: _Wanted, text: str) -> str:
        found = await self._ask(wanted.workspace_id, service, text, wanted.language)
        async with self._desk.db.tx(wanted.workspace_id) as tx:
            await store.keep(tx, wanted.conversation_id, wanted.seq, wanted.language, wanted.digest, found)
        return found

    async def _ask(self, workspace_id: UUID, service: Service, text: str, language: Language) -> str:
        """Counted before it is asked, given back where there is no answer. Raises Refused."""
        if len(text) > MAX_TEXT:
            raise Refused("translate.too_long", 409)
        day = now().date()
        async with self._room.setdefault(workspace_id, asyncio.Semaphore(AT_ONCE)):
            async with self._desk.db.tx(workspace_id) as tx:
                if not await store.reserve(tx, day, len(text), service.daily_limit):
                    raise Refused("translate.limit", 429)
            try:
                return await self._by(service).translate(text, language)
            except Refused:
                async with self._desk.db.tx(workspace_id) as tx:
                    await store.give_back(tx, day, len(text))
                raise

    def _by(self, service: Service) -> Translator:
        return translator(self._http, service.kind, service.address, service.model, service.key)

    async def draft(self, caller: Caller, conversation_id: UUID, text: str) -> DraftTranslated:
        """What the customer would get of a reply, in her language. Raises NotFound, Forbidden, Refused."""
        async with self._desk.db.tx(caller.workspace_id) as tx:
            await may_reply(tx, caller, conversation_id)
            service = await service_of(tx, self._desk.keyring)
            row = await store.standing(tx, conversation_id, caller.membership_id)
        language = _standing(row, caller).customer_language
        if not text.strip():
            raise Refused("conversations.empty", field="text")
        if "\0" in text:
            raise Refused("kit.bad_text", field="text")
        return DraftTranslated(
            text=await self._ask(caller.workspace_id, service, text.strip(), language), language=language
        )

    async def tried(self, caller: Caller, form: TranslationForm) -> TranslationTried:
        """What a service, as the form names it, makes of a sentence. Raises Refused."""
        async with self._desk.db.tx(caller.workspace_id) as tx:
            service = await to_be_tried(tx, self._desk.keyring, form)
        language: Language = "zh-CN" if caller.language == "zh-CN" else "en"
        begun = perf_counter()
        text = await self._ask(caller.workspace_id, service, _SAMPLE[language], language)
        return TranslationTried(_SAMPLE[language], text, round((perf_counter() - begun) * 1000))


def _digest(body: str) -> bytes:
    return hashlib.sha256(body.encode()).digest()


def _shown(seq: int, body: str, found: str) -> TranslatedMessage:
    return TranslatedMessage(seq=seq, text="" if found.strip() == body.strip() else found)


async def standing(tx: Tx, caller: Caller, conversation_id: UUID) -> TranslationStanding:
    """Raises NotFound for a conversation out of sight."""
    await seen_head(tx, caller, conversation_id)
    return _standing(await store.standing(tx, conversation_id, caller.membership_id), caller)


def _standing(row: ReadRow, caller: Caller) -> TranslationStanding:
    """What nobody has chosen is guessed: the reader's own language, and what the customer writes."""
    own = known(caller.language) or "en"
    hers = likely(row["words"], row["told"])
    return TranslationStanding(
        available=row["available"],
        on=row["available"] and row["language"] is not None,
        language=row["language"] or own,
        customer_language=row["customer_language"] or hers,
    )


async def choose(tx: Tx, caller: Caller, conversation_id: UUID, choice: TranslationChoice | None) -> None:
    """The caller reads this conversation translated from now on; None: not any more. Raises NotFound."""
    await seen_head(tx, caller, conversation_id)
    if choice is None:
        await store.drop_reader(tx, conversation_id, caller.membership_id)
        return
    values = {"language": choice.language, "customer_language": choice.customer_language}
    await store.put_reader(tx, conversation_id, caller.membership_id, values)


async def on_changed(tx: Tx, event: MessageChanged) -> None:
    """What it said is gone, or says something else."""
    await store.forget(tx, event.conversation_id, event.seq)
