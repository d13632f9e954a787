"""What every way in has in common: where the request comes from, the cookie, the answer."""

from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie, State

from kezhan.kit.http import language_of
from kezhan.workspaces import profile
from kezhan.workspaces.authenticate import cookie_name, peer_of
from kezhan.workspaces.factors.passkeys import Site, site_of
from kezhan.workspaces.factors.schemas import SecondStep
from kezhan.workspaces.schemas import Me
from kezhan.workspaces.sessions import NewSession, Visit

_COOKIE_SECONDS = 90 * 24 * 3600
Asked = Request[Any, Any, Any]


def visit_of(request: Asked) -> Visit:
    language = language_of(request.headers, request.cookies)
    return Visit(peer_of(request), request.headers.get("user-agent", ""), language)


def site(request: Asked) -> Site:
    return site_of(request.app.state.settings, request.headers)


def cookie(state: State, secret: str) -> Cookie:
    """`secret` empty: it is taken away."""
    settings = state.settings
    return Cookie(
        key=cookie_name(settings),
        value=secret,
        max_age=_COOKIE_SECONDS if secret else 0,
        path="/",
        httponly=True,
        secure=settings.secure,
        samesite="lax",
    )


async def welcome(state: State, opened: NewSession) -> Response[Me]:
    body = await profile.me(
        state.db,
        state.keyring,
        workspace_id=opened.workspace_id,
        membership_id=opened.membership_id,
        session_id=opened.session_id,
    )
    return Response(body, status_code=201, cookies=[cookie(state, opened.secret)])


async def welcome_or_ask(state: State, entered: NewSession | SecondStep) -> Response[Me | SecondStep]:
    """Whoever is in gets her cookie; of who has yet to show something nothing is kept in the browser."""
    if isinstance(entered, SecondStep):
        return Response(entered, status_code=201)
    found: Response[Any] = await welcome(state, entered)
    return found
