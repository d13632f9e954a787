"""Website chat."""

from kezhan.channels.adapters.webchat.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Capabilities, Channel

CHANNEL = Channel(
    name="webchat",
    label={"zh-CN": "网站聊天", "en": "Website chat"},
    help={
        "zh-CN": "在网站或 App 里加一行代码，客户就能在页面上咨询。",
        "en": "One line of code on a site or in an app, and its customers can ask on the page.",
    },
    capabilities=Capabilities(
        receives=frozenset({"text", "file"}),
        sends=frozenset({"text", "file"}),
        quote=True,
        edit=True,
        recall=True,
        closing=True,
        receipts=True,
        typing=True,
    ),
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
)
