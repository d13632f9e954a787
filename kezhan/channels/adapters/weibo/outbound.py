"""What a customer on Weibo hears: texts, in a form whose `data` is JSON."""

import msgspec

from kezhan.channels.adapters.weibo.call import called
from kezhan.channels.base import Line, Outbound, Receipt, Turned


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Raises Retry, Turned and Expired. The platform gives a message no name."""
    token = line.account.secrets.access_token
    if not token:
        raise Turned("no access token is set", fault="not_allowed")
    form = {
        "access_token": token,
        "type": "text",
        "data": msgspec.json.encode({"text": outbound.text}).decode(),
        "receiver_id": outbound.external_id,
        "save_sender_box": "1",
    }
    await called(line, "POST", line.account.settings.reply_url, data=form)
    return Receipt(status=200)
