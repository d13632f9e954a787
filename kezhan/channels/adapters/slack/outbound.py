"""What goes out: into the channel or the thread the customer has last written in."""

from kezhan.channels.adapters.slack.api import GONE, call, harmless
from kezhan.channels.adapters.slack.inbound import NO_THREAD
from kezhan.channels.adapters.slack.marks import marked
from kezhan.channels.adapters.slack.media import share
from kezhan.channels.base import Line, Outbound, Receipt, Turned
from kezhan.kit.loose import word


async def send(line: Line, outbound: Outbound) -> Receipt:
    """A message's name is `<channel>:<time>`, a file's its id."""
    if outbound.what == "recalled":
        with harmless():
            for name in outbound.message_ids:
                await _recall(line, name)
        return Receipt(status=200)
    if outbound.what == "edited":
        with harmless():
            return await _edit(line, outbound)
    if outbound.file is not None:
        return Receipt(external_id=await share(line, outbound, outbound.file), status=200)
    body = {"channel": outbound.external_id, "text": marked(outbound.text)}
    if outbound.ticket not in {"", NO_THREAD}:
        body["thread_ts"] = outbound.ticket
    if line.account.settings.show_agent and outbound.agent_name:
        body["username"] = outbound.agent_name
    answer = await call(line, "chat.postMessage", body)
    channel = word(answer, "channel") or outbound.external_id
    return Receipt(external_id=f"{channel}:{word(answer, 'ts')}", status=200)


async def _edit(line: Line, outbound: Outbound) -> Receipt:
    name = outbound.message_ids[0] if outbound.message_ids else ""
    channel, _, ts = name.partition(":")
    if not ts:
        raise Turned("the words beside a file cannot be changed", fault="not_allowed")
    await call(line, "chat.update", {"channel": channel, "ts": ts, "text": marked(outbound.text)})
    return Receipt(external_id=name, status=200)


async def _recall(line: Line, name: str) -> None:
    channel, _, ts = name.partition(":")
    try:
        if ts:
            await call(line, "chat.delete", {"channel": channel, "ts": ts})
        else:
            await call(line, "files.delete", {"file": name})
    except Turned as fault:
        if fault.why not in GONE:
            raise
