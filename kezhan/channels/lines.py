"""The lines adapters speak over: tokens renewed one at a time, files read, small texts kept between times."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TypeVar
from uuid import UUID

import httpx2
import msgspec
from msgspec import structs

from kezhan.channels import store
from kezhan.channels.accounts import Account, as_adapter
from kezhan.channels.base import (
    Capabilities,
    Channel,
    Expired,
    Issue,
    Line,
    OutboundFile,
    Retry,
    Token,
    Turned,
)
from kezhan.channels.registry import find
from kezhan.channels.sealed import opened_text, sealed_text
from kezhan.files.objects import Store
from kezhan.files.serve import content
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.errors import NotFound
from kezhan.kit.sound import ENDINGS, as_voice

T = TypeVar("T")
_EARLY = 0.1
"""Of a token's life: so long before its end a new one is asked for, and a minute at least where it can be."""
_LEAST_SECONDS = 1.0
_SOUND_BYTES = 20 * 1024 * 1024
"""Of a file that may become a voice message."""
_ELSEWHERE_SECONDS = 1.0
"""So long after a refusal is looked whether another process has renewed the credentials meanwhile."""


@dataclass(slots=True)
class _Kept:
    """A token, for which settings and secrets it was given, and whether it is one of these itself."""

    value: str
    ends: float
    opened_by: bytes
    fixed: bool


@dataclass(slots=True)
class _Handed:
    """The token that a line was given last."""

    kept: _Kept | None = None


class Lines:
    """One per process. A token is shared by all that speak for an account here; other processes have their
    own, which every platform allows."""

    def __init__(self, db: Database, keyring: KeyRing, files: Store, http: httpx2.AsyncClient) -> None:
        self._db = db
        self._keyring = keyring
        self._files = files
        self._http = http
        self._tokens: dict[UUID, _Kept] = {}
        self._asking: dict[tuple[UUID, bytes], asyncio.Task[_Kept]] = {}

    def forget(self, account_id: UUID) -> None:
        """The account has changed: its token may be another."""
        self._tokens.pop(account_id, None)

    def token_ends(self, account_id: UUID) -> float | None:
        """In how many seconds the token of the account ends; None where this process has none."""
        kept = self._tokens.get(account_id)
        return kept.ends - monotonic() if kept is not None else None

    async def speak(self, account: Account, work: Callable[[Channel, Line], Awaitable[T]]) -> T:
        """Let `work` speak over a line of the account. Where the platform does not take the token it is
        renewed and the work done once more; what only a person can renew is refused for good. Raises Retry
        and Turned, and what `work` raises besides."""
        channel, handed = find(account.adapter), _Handed()
        line = self._line(channel, account, handed)
        try:
            return await work(channel, line)
        except Expired as fault:
            refused = handed.kept
            if channel.issue is None or (refused is not None and refused.fixed):
                raise Turned(fault.why, status=fault.status, fault="token_expired") from fault
            if refused is not None and self._tokens.get(account.id) is refused:
                del self._tokens[account.id]  # else somebody has renewed it meanwhile
        try:
            return await work(channel, line)
        except Expired as fault:
            raise Retry(fault.why, status=fault.status, fault="token_expired") from fault

    def _line(self, channel: Channel, account: Account, handed: _Handed) -> Line:
        async def token() -> str:
            handed.kept = await self._token(channel, account, line)
            return handed.kept.value

        async def read(file: OutboundFile) -> bytes:
            return file.made or await self._read(account, file)

        async def load(name: str) -> str:
            async with self._db.tx(account.workspace_id) as tx:
                sealed = await store.kept_text(tx, account.id, name)
            return self.opened_text(account.id, name, sealed)

        async def save(name: str, value: str) -> None:
            await self.keep(account, name, value)

        line = Line(
            http=self._http,
            account=as_adapter(channel, account),
            token=token,
            content=read,
            load=load,
            save=save,
        )
        return line

    async def _read(self, account: Account, file: OutboundFile) -> bytes:
        if file.id is None:
            raise Turned("the file is gone", fault="media_error")
        try:
            return await content(self._db, self._files, account.workspace_id, file.id)
        except NotFound as fault:
            raise Turned("the file is gone", fault="media_error") from fault

    async def voiced(self, account: Account, able: Capabilities, file: OutboundFile) -> OutboundFile:
        """The file as a voice message, where the channel has those and it is a sound that fits; else as it
        is. Raises Turned where it is gone."""
        voice = able.voice
        if voice is None or not file.media_type.startswith("audio/") or file.size > _SOUND_BYTES:
            return file
        data = await self._read(account, file)
        sound = await asyncio.to_thread(as_voice, data, file.media_type, voice.media_types, voice.seconds)
        if sound is None or len(sound.data) > voice.most:
            return file
        if able.by_link and sound.data is not data:
            return file  # the customer's app would fetch the file as it was
        name = (
            file.name
            if sound.data is data
            else f"{file.name.rpartition('.')[0] or 'voice'}{ENDINGS[sound.media_type]}"
        )
        return structs.replace(
            file,
            name=name,
            media_type=sound.media_type,
            size=len(sound.data),
            milliseconds=sound.milliseconds,
            made=sound.data,
        )

    async def keep(self, account: Account, name: str, value: str) -> None:
        """Keep a small text of the account, sealed."""
        sealed = self.sealed_text(account.id, name, value)
        async with self._db.tx(account.workspace_id) as tx:
            await store.keep_text(tx, account.id, name, sealed)

    def sealed_text(self, account_id: UUID, name: str, value: str) -> bytes:
        """As it is kept."""
        return sealed_text(self._keyring, account_id, name, value)

    def opened_text(self, account_id: UUID, name: str, sealed: bytes | None) -> str:
        """What `sealed_text` has sealed; empty for none."""
        return opened_text(self._keyring, account_id, name, sealed)

    async def _token(self, channel: Channel, account: Account, line: Line) -> _Kept:
        if channel.issue is None:
            raise Turned("the channel has no tokens", fault="token_expired")
        opened_by = msgspec.json.encode((account.settings, account.secrets), order="deterministic")
        kept = self._tokens.get(account.id)
        # Work that began before the account was changed still speaks with what was there then.
        if kept is not None and kept.opened_by == opened_by and monotonic() < kept.ends:
            return kept
        asking = self._asking.get((account.id, opened_by))
        if asking is None:
            # A platform that has taken a refresh token has given another in its place: whoever asked may go,
            # the answer is heard to its end.
            asking = asyncio.create_task(self._issue(channel.issue, account.id, line, opened_by))
            self._asking[account.id, opened_by] = asking
            asking.add_done_callback(partial(self._asked, (account.id, opened_by)))
        return await asyncio.shield(asking)

    async def _issue(self, issue: Issue, account_id: UUID, line: Line, opened_by: bytes) -> _Kept:
        try:
            token = await self._issued(issue, line)
        except Retry as fault:
            fault.sure = True  # whatever the token was wanted for has not been done
            raise
        lasts = max(min(token.seconds * (1 - _EARLY), token.seconds - 60), _LEAST_SECONDS)
        kept = self._tokens[account_id] = _Kept(token.value, monotonic() + lasts, opened_by, token.fixed)
        return kept

    async def _issued(self, issue: Issue, line: Line) -> Token:
        """Raises Retry, and Turned where the platform does not take what the token is asked for with."""
        try:
            return await issue(line)
        except Expired:
            pass
        except Turned as fault:
            if fault.fault != "token_expired":
                raise
        await asyncio.sleep(_ELSEWHERE_SECONDS)
        try:
            return await issue(line)
        except Expired as fault:
            raise Turned(fault.why, status=fault.status, fault="token_expired") from fault

    def _asked(self, key: tuple[UUID, bytes], asking: asyncio.Task[_Kept]) -> None:
        del self._asking[key]
        if not asking.cancelled():
            asking.exception()  # heard by whoever asked, or by nobody
