"""A reply on its way: one mail, to one person, with copies to whom its writer has named."""

from kezhan.channels.adapters.email.compose import can_stand, composed
from kezhan.channels.adapters.email.smtp import hand_over, speaking
from kezhan.channels.adapters.email.thread import own_id, read_ticket
from kezhan.channels.base import Line, Outbound, Receipt, Turned

ACCEPTED = 250


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Hand the mail to the outgoing server. What a machine of ours has to say is not said to a machine."""
    if outbound.what != "message":
        raise Turned("a mail cannot be changed once it is sent", fault="not_allowed")
    ticket = read_ticket(outbound.ticket)
    if ticket.quiet and not outbound.agent_name:
        raise Turned("automatic mail is not answered automatically", fault="not_allowed")
    recipient = ticket.reply_to or outbound.external_id
    if not recipient.isascii():
        raise Turned("the address has other letters than ASCII", fault="not_allowed")
    ours = line.account.settings.address.lower()
    # What a machine says nobody else gets.
    named = outbound.copies if outbound.agent_name else ()
    copies = [one for one in named if one not in {recipient, ours} and can_stand(one)]
    content = await line.content(outbound.file) if outbound.file is not None else b""
    message_id = own_id(line.account, outbound.event_id, outbound.external_id)
    try:
        mail = composed(line.account, outbound, ticket, message_id, [recipient, *copies], content)
    except ValueError as fault:
        raise Turned(f"not an address: {recipient}", fault="recipient_blocked") from fault
    async with speaking(line) as client:
        await hand_over(client, line.account.settings.address, [recipient, *copies], mail)
    return Receipt(external_id=message_id, status=ACCEPTED)
