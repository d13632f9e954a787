"""What goes out: a form with the text, and a picture by its address."""

from urllib.parse import urlencode

from kezhan.channels.adapters.sms_twilio.call import called
from kezhan.channels.adapters.sms_twilio.inbound import EVENT
from kezhan.channels.base import Line, Outbound, Receipt, Turned

HOOK = "hook_url"


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Raises Retry, Turned and Expired. What becomes of the message is told to the hook, once it is known."""
    settings = line.account.settings
    form = {"To": outbound.external_id}
    if settings.messaging_service_sid:
        form["MessagingServiceSid"] = settings.messaging_service_sid
    elif settings.from_number:
        form["From"] = settings.from_number
    else:
        raise Turned("no number is set to send from", fault="not_allowed")
    if outbound.text:
        form["Body"] = outbound.text
    if outbound.file is not None:
        form["MediaUrl"] = outbound.file.url
    if hook := await line.load(HOOK):
        form["StatusCallback"] = f"{hook}?{urlencode({EVENT: outbound.event_id})}"
    answer = await called(line, "POST", "/Messages.json", data=form)
    return Receipt(external_id=answer.sid, status=201)
