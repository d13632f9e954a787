"""Who a customer is to us: a session opened, gone on with, or handed to somebody her site vouches for."""

from urllib.parse import urlsplit

from kezhan.channels.accounts import Account, account_by_key
from kezhan.channels.site import identity_secrets, site_config, site_settings
from kezhan.channels.visitor_schemas import SessionIn, SessionOut, VisitorOut
from kezhan.contacts.identify import anonymous, identify, verify_identity_jwt
from kezhan.contacts.schemas import Identity, Profile, Visitor
from kezhan.contacts.service import device_of, new_device, open_session, visitor_of
from kezhan.contacts.service import get as get_contact
from kezhan.conversations import read
from kezhan.conversations.desk import Desk
from kezhan.conversations.receive import Customer
from kezhan.conversations.views import visitor_head
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.sockets import Headers
from kezhan.settings import Settings
from kezhan.shield.live import Source
from kezhan.visits import service as visits

ADAPTER = "webchat"


def customer_of(visitor: Visitor, address: str = "") -> Customer:
    """`address`: where she speaks from just now."""
    return Customer(
        workspace_id=visitor.workspace_id,
        account_id=visitor.account_id,
        channel=ADAPTER,
        identity_id=visitor.identity_id,
        contact_id=visitor.contact_id,
        address=address,
    )


def source_of(visitor: Visitor, address: str) -> Source:
    return Source(visitor.workspace_id, str(visitor.identity_id), address, visitor.device)


def check_site_origin(settings: Settings, account: Account, headers: Headers) -> None:
    """A page may speak for visitors where it is ours (the panel) or listed for the site; no list, no limit.
    A program sends no Origin. Raises Forbidden."""
    origin = headers.get("origin", "").lower()
    allowed = site_settings(account).origins
    ours = origin == settings.address.lower() or urlsplit(origin).netloc == headers.get("host", "").lower()
    if origin and allowed and not ours and origin not in {name.lower().rstrip("/") for name in allowed}:
        raise Forbidden("channels.foreign_origin")


async def site_of(desk: Desk, site_key: str, headers: Headers) -> Account:
    """The site behind a public key. Raises NotFound, Forbidden."""
    account = await account_by_key(desk.db, desk.keyring, site_key)
    if account is None or account.adapter != ADAPTER:
        raise NotFound("channels.no_such_site")
    check_site_origin(desk.settings, account, headers)
    return account


async def start_session(
    desk: Desk, asked: SessionIn, headers: Headers, peer: str, language: str
) -> SessionOut:
    """Go on as the bearer of `asked.token`, become the person `asked.identity` vouches for, or arrive as a
    visitor nobody knows. Raises NotFound, Forbidden, Refused (401 for a bad identity, 428 where a puzzle is
    to be solved first)."""
    account = await site_of(desk, asked.site_key, headers)
    present = await _present(desk, account, asked)
    device = await _device(desk, account, asked, present)
    desk.shield.check_source(Source(account.workspace_id, "", peer, device))
    signed = None
    if asked.identity is not None:
        signed = verify_identity_jwt(asked.identity, identity_secrets(account), now())
    stranger = present is None and signed is None
    puzzled = stranger and _puzzled(desk, account, peer)
    async with desk.db.tx(account.workspace_id) as tx:
        token = asked.token or ""
        if puzzled:
            await desk.shield.spend(tx, account.id, peer, asked.puzzle)
        if signed is not None:
            present_id = present.identity_id if present else None
            identity = await identify(tx, account_id=account.id, signed=signed, present=present_id)
            if present is None or present.identity_id != identity.id or not present.verified:
                token = (await open_session(tx, identity, device)).token
        elif present is not None:
            identity = _identity(present)
        else:
            identity = await anonymous(tx, account.id, Profile(language=asked.language or language))
            token = (await open_session(tx, identity, device)).token
        await _arrive(tx, account, identity, asked, headers, peer, device)
        latest = await read.visitor_conversations(tx, identity.id, 1)
        contact = await get_contact(tx, identity.contact_id)
        consent = await desk.consents.state(tx, identity.contact_id)
    return SessionOut(
        token=token,
        visitor=VisitorOut(id=identity.id, verified=identity.verified, name=contact.name),
        site=site_config(account, asked.language or language),
        conversation=visitor_head(latest[0]) if latest else None,
        agents_online=desk.staffed(account.workspace_id),
        consent=consent,
    )


def _puzzled(desk: Desk, account: Account, peer: str) -> bool:
    """Whether somebody nobody knows is to solve a puzzle first; that she came is counted."""
    asks = site_settings(account).puzzle
    suspicion = desk.shield.suspicion(account.workspace_id, peer)
    return asks == "always" or (asks == "suspicious" and suspicion >= 1)


async def _present(desk: Desk, account: Account, asked: SessionIn) -> Visitor | None:
    """The bearer of the token, where it is one of this site's."""
    if not asked.token:
        return None
    try:
        visitor = await visitor_of(desk.db, asked.token)
    except Refused as refused:
        if refused.status != 401:
            raise
        return None
    return visitor if visitor.account_id == account.id else None


async def _device(desk: Desk, account: Account, asked: SessionIn, present: Visitor | None) -> str:
    """The browser's key: it comes with its first session and goes on with every token that takes the place
    of another, also where that one is over."""
    if present is not None:
        return present.device
    if asked.token:
        async with desk.db.tx(account.workspace_id) as tx:
            if known := await device_of(tx, asked.token):
                return known
    return new_device()


def _identity(visitor: Visitor) -> Identity:
    return Identity(
        id=visitor.identity_id,
        contact_id=visitor.contact_id,
        account_id=visitor.account_id,
        external_id="",
        verified=visitor.verified,
    )


async def _arrive(
    tx: Tx, account: Account, identity: Identity, asked: SessionIn, headers: Headers, peer: str, device: str
) -> None:
    arrival = visits.Arrival(
        address=peer,
        user_agent=headers.get("user-agent", ""),
        language=asked.language or headers.get("accept-language", ""),
        time_zone=asked.time_zone,
        screen=asked.screen,
        referrer=asked.page.referrer,
        landing_url=asked.page.url,
        device_key=device,
    )
    visit_id = await visits.start(
        tx, identity_id=identity.id, contact_id=identity.contact_id, account_id=account.id, arrival=arrival
    )
    if asked.page.url:
        await visits.view(tx, visit_id, url=asked.page.url, title=asked.page.title, at=now())
