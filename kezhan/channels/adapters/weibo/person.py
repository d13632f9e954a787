"""Who writes, and whether the connection stands."""

from typing import Any

from kezhan.channels.adapters.weibo.call import called
from kezhan.channels.base import Line, Person, Probed, Turned


async def person(line: Line, external_id: str) -> Person:
    """The fans service's profile. Raises Retry, Turned and Expired."""
    answer = await called(line, "GET", line.account.settings.profile_url, params=_asked(line, external_id))
    return Person(name=answer.nickname)


async def probe(line: Line) -> Probed:
    """The account asks for its own profile."""
    settings, secrets = line.account.settings, line.account.secrets
    for value, name in (
        (settings.uid, "UID"),
        (secrets.app_secret, "app secret"),
        (secrets.access_token, "access token"),
    ):
        if not value:
            raise Turned(f"the {name} is not set", fault="not_allowed")
    answer = await called(line, "GET", settings.profile_url, params=_asked(line, settings.uid))
    return Probed(name=answer.nickname)


def _asked(line: Line, uid: str) -> dict[str, Any]:
    return {"access_token": line.account.secrets.access_token, "uid": uid}
