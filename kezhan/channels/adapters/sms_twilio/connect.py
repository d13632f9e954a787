"""Whether the connection stands, and where Twilio is to call."""

from kezhan.channels.adapters.sms_twilio.call import called
from kezhan.channels.adapters.sms_twilio.outbound import HOOK
from kezhan.channels.base import Line, Probed, Turned


async def probe(line: Line) -> Probed:
    """The account asks for its own name. Raises Retry, Turned and Expired."""
    settings = line.account.settings
    if not settings.from_number and not settings.messaging_service_sid:
        raise Turned("no number is set to send from", fault="not_allowed")
    answer = await called(line, "GET", ".json")
    return Probed(name=answer.friendly_name or "")


async def connect(line: Line, hook_url: str) -> None:
    """Messages to the number are posted to the hook, and what becomes of ours too. A number that is only part
    of a messaging service is left as the service has it."""
    await line.save(HOOK, hook_url)
    number = line.account.settings.from_number
    if not number or line.account.settings.messaging_service_sid:
        return
    found = await called(line, "GET", "/IncomingPhoneNumbers.json", params={"PhoneNumber": number})
    for one in found.incoming_phone_numbers:
        form = {"SmsUrl": hook_url, "SmsMethod": "POST"}
        await called(line, "POST", f"/IncomingPhoneNumbers/{one.sid}.json", data=form)
