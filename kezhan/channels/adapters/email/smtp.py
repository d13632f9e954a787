"""A connection to the account's outgoing server, and what its refusals mean."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from kezhan.channels.adapters.email.codes import enhanced, fault_of, is_too_fast
from kezhan.channels.base import Expired, Fault, Line, Retry, Turned, detail, reason
from kezhan.kit.fetch import NotAllowed, dial

SECONDS = 20.0
_PASSING = frozenset({421, 450, 451, 452})


async def hand_over(client: SMTP, sender: str, recipients: Sequence[str], mail: bytes) -> None:
    """To the first of them, and to the others as far as the server takes them. Once the mail itself is on its
    way, a connection that breaks leaves open whether the server has it, and no server has to know a second
    one for the first."""
    await client.mail(sender)
    recipient, *copies = recipients
    await client.rcpt(recipient)
    for one in copies:
        with contextlib.suppress(SMTPRecipientRefused):
            await client.rcpt(one)
    try:
        await client.data(mail)
    except SMTPResponseException:
        raise
    except (SMTPException, OSError) as fault:
        raise Turned(f"broken off while sending: {detail(fault)}", fault="unsure") from fault


@contextlib.asynccontextmanager
async def speaking(line: Line) -> AsyncIterator[SMTP]:
    """Connected and signed in. Raises Retry, Turned and Expired, also of what happens within."""
    settings = line.account.settings
    oauth = settings.auth == "oauth2"
    if not settings.smtp_host or not settings.address:
        raise Turned("no outgoing server is set", fault="not_allowed")
    try:
        sock = await dial(line.http, settings.smtp_host, settings.smtp_port, seconds=SECONDS)
        tls = (
            None if settings.smtp_security == "none" else await asyncio.to_thread(ssl.create_default_context)
        )
        client = SMTP(
            hostname=settings.smtp_host,
            sock=sock,
            timeout=SECONDS,
            local_hostname=settings.address.rpartition("@")[2],
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            tls_context=tls,
            username=(settings.login or settings.address) if oauth or line.account.secrets.password else None,
            password=line.account.secrets.password if not oauth else None,
            oauth_token_generator=line.token if oauth else None,
        )
        async with client:
            yield client
    except NotAllowed as fault:
        raise Turned("the outgoing server's address is not a public one", fault="not_allowed") from fault
    except SMTPException as fault:
        raise told(fault, oauth) from fault
    except (OSError, TimeoutError) as fault:
        raise Retry(f"outgoing server: {detail(fault)}", fault=reason(fault), sure=True) from fault


def told(fault: SMTPException, oauth: bool) -> Retry | Turned | Expired:
    """What a fault of the connection means for a mail that is not yet on its way: nothing has been sent."""
    if isinstance(fault, SMTPRecipientsRefused):
        return told(fault.recipients[0], oauth) if fault.recipients else Turned("no recipient was taken")
    if not isinstance(fault, SMTPResponseException):
        if isinstance(fault, SMTPNotSupported) or not isinstance(fault, OSError):
            return Turned(fault.message[:300], fault="not_allowed")
        return Retry(str(fault.message)[:300], sure=True)
    code, said = fault.code, " ".join(fault.message.split())[:300]
    why = f"{code} {said}"
    if isinstance(fault, SMTPAuthenticationError):
        return _not_let_in(code, why, oauth)
    if code in _PASSING or 400 <= code < 500 or is_too_fast(said):
        return Retry(why, status=code, fault="rate_limited" if is_too_fast(said) else "transient", sure=True)
    return Turned(why, status=code, fault=_fault(fault, said))


def _not_let_in(code: int, why: str, oauth: bool) -> Retry | Turned | Expired:
    if is_too_fast(why):
        return Retry(why, status=code, fault="rate_limited", sure=True)
    if 400 <= code < 500:
        return Retry(why, status=code, sure=True)
    return Expired(why, status=code) if oauth else Turned(why, status=code, fault="token_expired")


def _fault(fault: SMTPResponseException, said: str) -> Fault:
    found = fault_of(enhanced(said), said)
    if isinstance(fault, SMTPSenderRefused):
        return "too_long" if found == "too_long" else "not_allowed"
    if fault.code == 552 and not enhanced(said):
        return "too_long"
    if found == "permanent" and not enhanced(said):
        if isinstance(fault, SMTPRecipientRefused):
            return "recipient_blocked"
        return "content_rejected" if isinstance(fault, SMTPDataError) else found
    return found
