"""Whether the connection stands, and where calls go to."""

import msgspec
from msgspec import Struct

from kezhan.channels.base import Line, Probed, Turned
from kezhan.channels.vendors.meta.graph import call


class Number(Struct, frozen=True):
    display_phone_number: str = ""
    verified_name: str = ""


async def probe(line: Line) -> Probed:
    """Whether the token opens the number, and what it is called."""
    settings, token = line.account.settings, line.account.secrets.access_token
    if not settings.phone_number_id:
        raise Turned("no phone number is set", fault="not_allowed")
    query = {"fields": "display_phone_number,verified_name"}
    found = await call(line, "GET", settings.phone_number_id, Number, token=token, query=query)
    return Probed(name=f"{found.verified_name} {found.display_phone_number}".strip())


async def connect(line: Line, hook_url: str) -> None:
    """Have the business account's calls come to our hook; the platform asks there for the verify token at
    once. Without the account's number this is left to whoever enters it in the console."""
    settings, secrets = line.account.settings, line.account.secrets
    if not (settings.business_id and secrets.verify_token):
        return
    body = {"override_callback_uri": hook_url, "verify_token": secrets.verify_token}
    path, content = f"{settings.business_id}/subscribed_apps", msgspec.json.encode(body)
    await call(line, "POST", path, dict[str, object], token=secrets.access_token, content=content)
