"""The fetching: through the guarded door, never into any network of ours, bounded in time and size."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from kezhan.files.picture import examine
from kezhan.files.schemas import Limits
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.fetch import FetchFailed, fetching, guarded_client
from kezhan.unfurl import store
from kezhan.unfurl.page import HEAD_BYTES, read
from kezhan.unfurl.schemas import Page

FOUND = timedelta(days=7)
NOTHING = timedelta(days=1)
TROUBLE = timedelta(minutes=10)
"""How long it is believed: what was found, that there is nothing, that nobody answered."""
SECONDS = 8.0
PAGE_BYTES = 20 * 1024 * 1024
"""A page may be this long; what is read of it is its head."""
PICTURE_BYTES = 5 * 1024 * 1024
KEPT_BYTES = 40_000
_LIMITS = Limits(pixels=25_000_000, thumbnail=240)
_HTML = frozenset({"text/html", "application/xhtml+xml"})


class Unfurling:
    """One per process. The networks that the owner allows for channels are not open to links: whoever writes
    a message writes their addresses."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._http = guarded_client()

    async def stop(self) -> None:
        await self._http.aclose()

    async def fetch(self, workspace_id: UUID, card_id: UUID) -> None:
        """The job: what stands behind an address is kept, also that nothing does."""
        async with self._db.tx(workspace_id) as tx:
            address = await store.waiting(tx, card_id) if await store.enabled(tx) else None
        if address is None:
            return
        values: dict[str, Any] = {"state": "none"}
        try:
            page = await self._page(address)
            life = NOTHING
            if page is not None:
                picture = await self._picture(page.picture) if page.picture else None
                said = {"title": page.title, "about": page.about, "site": page.site}
                values, life = {"state": "found", "picture": picture, **said}, FOUND
        except FetchFailed as failed:
            life = NOTHING if failed.final else TROUBLE
        async with self._db.tx(workspace_id) as tx:
            await store.keep(tx, card_id, {**values, "expires_at": now() + life})

    async def _page(self, address: str) -> Page | None:
        """None for what is no page with a name. Raises FetchFailed."""
        async with fetching(self._http, address, max_bytes=PAGE_BYTES, seconds=SECONDS) as fetched:
            if fetched.media_type.lower() not in _HTML:
                return None
            body = b""
            async for chunk in fetched.chunks:
                body += chunk
                if len(body) >= HEAD_BYTES:
                    break
            return await asyncio.to_thread(read, body, fetched.charset, fetched.address)

    async def _picture(self, address: str) -> bytes | None:
        """Made anew from its pixels, small; None where it is no picture that can be shown."""
        try:
            async with fetching(self._http, address, max_bytes=PICTURE_BYTES, seconds=SECONDS) as fetched:
                body = b"".join([chunk async for chunk in fetched.chunks])
            found = await asyncio.to_thread(examine, body, _LIMITS)
        except (FetchFailed, Refused):
            return None
        return found.thumbnail if found is not None and len(found.thumbnail) <= KEPT_BYTES else None
