"""The app's own token; it lasts two days, and a new one does not end the one before."""

from kezhan.channels.adapters.kuaishou.call import called
from kezhan.channels.base import Line, Probed, Token, Turned

_SECONDS = 48 * 3600


async def issue(line: Line) -> Token:
    """Raises Retry, Turned and Expired."""
    settings, secrets = line.account.settings, line.account.secrets
    if not settings.app_id or not secrets.app_secret:
        raise Turned("the app ID or secret is not set", fault="not_allowed")
    form = {
        "app_id": settings.app_id,
        "app_secret": secrets.app_secret,
        "grant_type": "client_credentials",
    }
    answer = await called(line, settings.auth_url, data=form)
    if not answer.access_token:
        raise Turned("no access token was given", fault="token_expired")
    return Token(value=answer.access_token, seconds=answer.expires_in or _SECONDS)


async def probe(line: Line) -> Probed:
    """A token is given to a good app."""
    await issue(line)
    return Probed()
