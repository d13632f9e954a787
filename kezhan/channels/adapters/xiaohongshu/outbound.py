"""What goes out: texts, encrypted, by the path the contract names."""

import msgspec

from kezhan.channels.adapters.xiaohongshu.call import called
from kezhan.channels.adapters.xiaohongshu.crypto import encrypted
from kezhan.channels.base import Line, Outbound, Receipt, Turned


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Raises Retry, Turned and Expired."""
    settings, key = line.account.settings, line.account.secrets.aes_key
    if not settings.send_path or not settings.user_id or not key:
        raise Turned("the path to send to, the user ID or the encryption key is not set", fault="not_allowed")
    body = {
        "from_user_id": settings.user_id,
        "to_user_id": outbound.external_id,
        "message_type": "TEXT",
        "content": encrypted(key, msgspec.json.encode({"text": outbound.text})),
    }
    data = await called(line, settings.send_path, body, {"access-token": await line.token()})
    return Receipt(external_id=str(data.message_id), status=200)
