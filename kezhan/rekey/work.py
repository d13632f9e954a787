"""All that is sealed comes under the current key, piece by piece, while everybody works."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from re import Match
from uuid import UUID

from msgspec import Struct

from kezhan.fields.seals import TOKEN, context_of, token_of, unsealed
from kezhan.kit.crypto import LOOK_SECONDS, BadSeal, KeyRing
from kezhan.kit.db import Database, Tx
from kezhan.rekey import store
from kezhan.rekey.places import OF_THE_HOUSE, OF_WORKSPACES, WITHIN, Sealed, Within
from kezhan.settings import Settings

_PIECE = 200
_NOBODY = UUID(int=0)
Open = Callable[[], AbstractAsyncContextManager[Tx]]


class Rekeyed(Struct):
    """How many values are under the new key now, and how many no key opens."""

    sealed: int = 0
    lost: int = 0


async def rotate(db: Database, settings: Settings, tell: Callable[[str], None]) -> Rekeyed:
    """Add a key and bring everything under it. Broken off, it is begun again by `reseal`."""
    path = settings.data / "keys.json"
    tell(f"  {KeyRing.add(path)}")
    # Whoever runs has seen the file by then, and seals nothing more under the old key.
    await asyncio.sleep(2 * LOOK_SECONDS)
    return await reseal(db, KeyRing.open(path), tell)


async def reseal(db: Database, ring: KeyRing, tell: Callable[[str], None]) -> Rekeyed:
    """What another key than the current one has sealed. Nothing left: nothing happens."""
    done = Rekeyed()
    async with db.system_tx() as tx:
        found = await store.workspaces(tx)
    for place in OF_THE_HOUSE:
        await _reseal(db.system_tx, _NOBODY, place, ring, done)
    for workspace_id in found:
        for place in OF_WORKSPACES:
            await _reseal(partial(db.tx, workspace_id), workspace_id, place, ring, done)
        for within in WITHIN:
            await _reseal_within(db, workspace_id, within, ring, done)
    tell(f"  {done.sealed:,} sealed anew 已重新加密")
    if done.lost:
        tell(f"  {done.lost:,} cannot be opened by any key 无法解密")
    return done


async def _reseal(open_tx: Open, workspace_id: UUID, place: Sealed, ring: KeyRing, done: Rekeyed) -> None:
    after = None
    while True:
        async with open_tx() as tx:
            rows = await store.others(tx, place, ring.current, after, _PIECE)
            for row in rows:
                context = place.context(workspace_id, row)
                try:
                    plain = ring.unseal(row[place.column], context)
                except BadSeal:
                    done.lost += 1
                    continue
                done.sealed += await store.put(tx, place, row, ring.seal(plain, context))
        if len(rows) < _PIECE:
            return
        after = [rows[-1][name] for name in place.keys]


async def _reseal_within(
    db: Database, workspace_id: UUID, place: Within, ring: KeyRing, done: Rekeyed
) -> None:
    def anew(token: Match[str]) -> str:
        if token[1] == ring.current:
            return token[0]
        try:
            plain = unsealed(ring, workspace_id, token)
        except (BadSeal, ValueError):
            done.lost += 1
            return token[0]
        return token_of(ring.seal(plain, context_of(workspace_id, token[2])), token[2])

    after = None
    while True:
        async with db.tx(workspace_id) as tx:
            rows = await store.others_within(tx, place, ring.current, after, _PIECE)
            for row in rows:
                told = TOKEN.sub(anew, row["told"])
                if told != row["told"]:
                    await store.put_within(tx, place, row, told)
                    done.sealed += 1
        if len(rows) < _PIECE:
            return
        after = [rows[-1][name] for name in place.keys]
