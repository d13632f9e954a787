"""Files of a message, which may need the account's own credentials."""

from urllib.parse import urlsplit

from kezhan.channels.adapters.sms_twilio.call import AnswerIn, check, opened
from kezhan.channels.base import Line, Media, Turned, reaching, whole
from kezhan.kit.fetch import web_address


async def media(line: Line, ref: str) -> Media:
    """The file at the address `ref`; the credentials go to Twilio alone, never on to where it leads.

    Raises Retry, Turned and Expired.
    """
    if not web_address(ref):
        raise Turned("not a web address", fault="media_error")
    auth = opened(line) if _place(ref) == _place(line.account.settings.api_url) else None
    with reaching():
        async with line.http.stream("GET", ref, auth=auth, follow_redirects=True) as response:
            data = await whole(response)
    check(response.status_code, AnswerIn(), "")
    media_type = response.headers.get("content-type", "").partition(";")[0].strip()
    return Media(media_type=media_type, data=data)


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
