"""What goes out: the agent's words in the one variable of an approved template."""

import msgspec

from kezhan.channels.adapters.sms_aliyun.call import called
from kezhan.channels.adapters.sms_aliyun.phone import national
from kezhan.channels.base import Line, Outbound, Probed, Receipt, Turned
from kezhan.kit.clock import now

_ANYBODY = "13800138000"


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Raises Retry, Turned and Expired."""
    settings = line.account.settings
    if not settings.sign_name or not settings.template_code:
        raise Turned("the signature or the template is not set", fault="not_allowed")
    filled = msgspec.json.encode({settings.template_variable: outbound.text}).decode()
    query = {
        "PhoneNumbers": national(outbound.external_id),
        "SignName": settings.sign_name,
        "TemplateCode": settings.template_code,
        "TemplateParam": filled,
        "OutId": outbound.event_id,
    }
    if settings.extend_code:
        query["SmsUpExtendCode"] = settings.extend_code
    answer = await called(line, "SendSms", query)
    return Receipt(external_id=answer.biz_id, status=200)


async def probe(line: Line) -> Probed:
    """What was sent today to a number nobody has: nothing, which only a good AccessKey is told."""
    day = now().strftime("%Y%m%d")
    query = {"PhoneNumber": _ANYBODY, "SendDate": day, "PageSize": "1", "CurrentPage": "1"}
    await called(line, "QuerySendDetails", query)
    return Probed(name=line.account.settings.sign_name)
