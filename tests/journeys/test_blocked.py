"""Networks that let no socket through: both sides talk over the stream, and nobody notices."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from tests.journeys.conftest import Inn
from tests.journeys.walk import Walker

# A proxy that swallows the upgrade: the socket never opens and ends without a word.
NO_SOCKETS = """
window.WebSocket = class {
  constructor() {
    this.readyState = 0
    setTimeout(() => { this.readyState = 3; this.onclose?.({ code: 1006 }) }, 5)
  }
  send() {}
  close() {}
}
"""


async def test_where_sockets_are_blocked_both_sides_talk_over_the_stream(
    inn: Inn, walker: Callable[..., Awaitable[Walker]]
) -> None:
    customer, agent = await walker(inn.url), await walker(inn.url)
    for one in (customer, agent):
        await one.context.add_init_script(NO_SOCKETS)
    await customer.visit_shop()
    await customer.write("能收到吗？")
    person = inn.people[1]
    await agent.sign_in(person.email, person.password)
    row = agent.rows.filter(has_text="能收到吗？")
    await expect(row).to_be_visible()
    await row.click()
    await expect(agent.page.get_by_role("textbox", name=re.compile("输入回复"))).to_be_visible()
    await agent.reply("收到了")
    await expect(customer.log.get_by_text("收到了")).to_be_visible()
    await customer.write("太好了")
    await expect(agent.thread.get_by_text("太好了")).to_be_visible()
