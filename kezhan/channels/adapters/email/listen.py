"""The mailbox as it fills: what has come since the cursor, then whatever comes, until cancelled.

The cursor is `<UIDVALIDITY>.<UID of the last mail kept>.<the day it came>`. Where the server has numbered its
mails anew, all since the day before are read again; a mail's key knows those we have.
"""

import asyncio
import re
from datetime import date, timedelta
from time import monotonic

from msgspec import Struct

from kezhan.channels.adapters.email.imap import Broken, Imap, Refused, Said, mailbox, numbers
from kezhan.channels.adapters.email.inbound import TOO_LARGE, key_of
from kezhan.channels.base import Call, Keep, Line, Retry
from kezhan.kit.clock import now
from kezhan.kit.log import log

IDLE_SECONDS = 300.0
"""Less than the standard's half hour: routers and some providers forget a silent connection sooner."""
STEADY_SECONDS = 60.0
MAIL_BYTES = 34 * 1024 * 1024
_AT_ONCE = 500
_LOOKS = 3
"""At nothing new, while the server says that there is; some say so all the time."""
_CURSOR = re.compile(r"(\d{1,19})\.(\d{1,19})\.(\d{4}-\d\d-\d\d)")
_UID = re.compile(rb"\bUID (\d{1,19})", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,15})", re.IGNORECASE)
_DAY = re.compile(rb'\bINTERNALDATE "([ \d]\d)-(\w{3})-(\d{4}) ', re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Place(Struct, frozen=True, kw_only=True):
    """What of the folder is kept: all up to `uid`, the newest of which came on `day`."""

    validity: int
    uid: int
    day: date

    def __str__(self) -> str:
        return f"{self.validity}.{self.uid}.{self.day.isoformat()}"


class Listed(Struct, frozen=True, kw_only=True):
    uid: int
    size: int
    day: date


async def listen(line: Line, cursor: str, keep: Keep) -> None:
    """A connection that has held for a while and then ends is made again at once; one that does not hold
    raises. The first time begins with what comes from now on."""
    place = read_place(cursor)
    while True:
        began = monotonic()
        try:
            async with mailbox(line) as (imap, validity, following):
                place = await _arrived(imap, place, validity, following, keep)
                while True:
                    place = await _caught_up(imap, place, keep)
                    await _news(imap, line.account.settings.poll_seconds)
        except Retry:
            if monotonic() - began < STEADY_SECONDS:
                raise
            # What was kept before the break is known by its key, should the place be the older one.


def read_place(cursor: str) -> Place | None:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        return None
    try:
        day = date.fromisoformat(found[3])
    except ValueError:
        return None
    return Place(validity=int(found[1]), uid=int(found[2]), day=day)


async def _arrived(imap: Imap, place: Place | None, validity: int, following: int, keep: Keep) -> Place:
    """Where to go on from, in a folder just opened."""
    if place is not None and place.validity == validity:
        await keep([], None)  # the connection stands, even if nothing is new
        return place
    newest = (
        following - 1
        if following
        else max(numbers(await imap.command("UID SEARCH ALL"), b"SEARCH"), default=0)
    )
    if place is not None:
        await _again_since(imap, place.day - timedelta(days=1), newest, keep)
    fresh = Place(validity=validity, uid=newest, day=now().date())
    await keep([], str(fresh))
    return fresh


async def _again_since(imap: Imap, day: date, newest: int, keep: Keep) -> None:
    """Everything since `day`. The cursor stays as it is until all of it is kept."""
    since = f"{day.day}-{_MONTHS[day.month - 1].title()}-{day.year}"
    for uid in sorted(numbers(await imap.command(f"UID SEARCH SINCE {since}"), b"SEARCH")):
        if uid > newest:
            return
        listed = await _listed(imap, f"{uid}")
        call = await _call(imap, listed[0]) if listed else None
        if call is not None:
            await keep([call], None)


async def _caught_up(imap: Imap, place: Place, keep: Keep) -> Place:
    """Keep what lies behind `place`, one mail after the other, oldest first."""
    looks = 0
    while True:
        imap.news, looks = False, looks + 1
        # `n:*` names the last mail even where its number is below n.
        listed = [one for one in await _listed(imap, f"{place.uid + 1}:*") if one.uid > place.uid]
        if not listed and not (imap.news and looks < _LOOKS):
            return place
        looks = 0 if listed else looks
        for one in sorted(listed, key=lambda one: one.uid)[:_AT_ONCE]:
            call = await _call(imap, one)
            place = Place(validity=place.validity, uid=one.uid, day=max(place.day, one.day))
            await keep([call] if call is not None else [], str(place))


async def _listed(imap: Imap, uids: str) -> list[Listed]:
    found: list[Listed] = []
    for said in await imap.command(f"UID FETCH {uids} (UID RFC822.SIZE INTERNALDATE)"):
        uid, size = _UID.search(said.line), _SIZE.search(said.line)
        if _is_fetch(said) and uid is not None:
            large = int(size[1]) if size is not None else 0
            found.append(Listed(uid=int(uid[1]), size=large, day=_day(said.line)))
    return found


def _is_fetch(said: Said) -> bool:
    return re.match(rb"\* \d+ FETCH \(", said.line, re.IGNORECASE) is not None


def _day(line: bytes) -> date:
    found = _DAY.search(line)
    if found is None:
        return now().date()
    try:
        return date(int(found[3]), _MONTHS.index(found[2].decode().lower()) + 1, int(found[1]))
    except ValueError:
        return now().date()


async def _call(imap: Imap, listed: Listed) -> Call | None:
    """The mail, without marking it read; its header alone where it is too large or the server refuses to hand
    it over. None where it is gone."""
    large = listed.size > MAIL_BYTES
    for section in ("HEADER",) if large else ("", "HEADER"):
        try:
            answers = await imap.command(f"UID FETCH {listed.uid} (UID BODY.PEEK[{section}])")
        except Refused as fault:
            log.warning("email.mail_refused", uid=listed.uid, section=section, fault=str(fault))
            continue
        for said in answers:
            if _is_fetch(said) and said.literals:
                raw = said.literals[0]
                body = TOO_LARGE + f"{listed.size}\r\n".encode() + raw if section else raw
                return Call(dedup_key=key_of(body), body=body)
        return None
    return None


async def _news(imap: Imap, poll_seconds: int) -> None:
    """Returns when it is time to look."""
    if "IDLE" in imap.capabilities:
        # Some servers announce IDLE and then say nothing.
        await imap.idle(min(IDLE_SECONDS, poll_seconds))
        return
    await asyncio.sleep(poll_seconds)
    try:
        await imap.command("NOOP")
    except Refused as fault:
        raise Broken(str(fault)) from fault
