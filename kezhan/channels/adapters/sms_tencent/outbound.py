"""What goes out: the agent's words in the one variable of an approved template."""

from collections.abc import Sequence

from msgspec import Struct

from kezhan.channels.adapters.sms_tencent.call import called, refuse
from kezhan.channels.base import Line, Outbound, Probed, Receipt, Turned

_ANYBODY = "+8613711112222"


class SendSms(Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    phone_number_set: Sequence[str]
    sms_sdk_app_id: str
    template_id: str
    sign_name: str
    template_param_set: Sequence[str]
    extend_code: str = ""
    session_context: str = ""


class DescribePhoneNumberInfo(Struct, frozen=True, kw_only=True, rename="pascal"):
    phone_number_set: Sequence[str]


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Raises Retry, Turned and Expired."""
    settings = line.account.settings
    if not settings.sdk_app_id or not settings.sign_name or not settings.template_id:
        raise Turned("the application, the signature or the template is not set", fault="not_allowed")
    told = SendSms(
        phone_number_set=[outbound.external_id],
        sms_sdk_app_id=settings.sdk_app_id,
        template_id=settings.template_id,
        sign_name=settings.sign_name,
        template_param_set=[outbound.text],
        extend_code=settings.extend_code,
        session_context=outbound.event_id,
    )
    answer = await called(line, "SendSms", told)
    if not answer.send_status_set:
        raise Turned("the platform says nothing of the number", status=200)
    (status, *_) = answer.send_status_set
    if status.code != "Ok":
        refuse(status.code, status.message)
    return Receipt(external_id=status.serial_no, status=200)


async def probe(line: Line) -> Probed:
    """Where a number is from, which only good keys are told and nobody notices."""
    await called(line, "DescribePhoneNumberInfo", DescribePhoneNumberInfo(phone_number_set=[_ANYBODY]))
    return Probed(name=line.account.settings.sign_name)
