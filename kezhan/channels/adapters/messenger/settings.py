"""What connects a page."""

from typing import Literal

from msgspec import Struct

from kezhan.channels.base import Field, check_addresses
from kezhan.channels.vendors.meta.form import SHARED_FIELDS
from kezhan.channels.vendors.meta.graph import API_URL, API_VERSION, Address, Bearer, Number, Secret, Version


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without a `page_id` it is the page of the token."""

    v: Literal[1] = 1
    page_id: Number = ""
    app_id: Number = ""
    human_agent: bool = False
    sign_calls: bool = False
    api_url: Address = API_URL
    api_version: Version = API_VERSION

    def __post_init__(self) -> None:
        check_addresses(self.api_url)


class Secrets(Struct, frozen=True, kw_only=True):
    """`verify_token` is made up by whoever connects the page."""

    page_token: Bearer
    app_secret: Secret
    verify_token: Secret


FIELDS = {
    **SHARED_FIELDS,
    "page_id": Field(
        label={"zh-CN": "主页编号", "en": "Page ID"},
        help={
            "zh-CN": "Facebook 主页 → 关于 → 主页透明度里的主页编号；留空则用令牌所属的主页。",
            "en": "On the Facebook page: About, Page transparency, Page ID; empty: the page of the token.",
        },
    ),
    "page_token": Field(
        label={"zh-CN": "主页访问令牌", "en": "Page access token"},
        help={
            "zh-CN": "developers.facebook.com → 我的应用 → Messenger → API 设置 → 生成访问令牌，"
            "选择主页后生成并复制。",
            "en": "developers.facebook.com, My Apps, Messenger, API Settings, Generate access tokens: "
            "choose the "
            "page, generate and copy.",
        },
    ),
    "verify_token": Field(
        label={"zh-CN": "验证令牌", "en": "Verify token"},
        help={
            "zh-CN": "自己想一串字符填在这里；保存后到 Messenger → API 设置 → 配置 Webhook，"
            "填回调地址和同一串字符，"
            "订阅 messages、message_echoes、message_edits、message_reactions、message_reads、"
            "message_deliveries、"
            "messaging_postbacks。",
            "en": "Make up any text; after saving go to Messenger, API Settings, Configure webhooks, enter "
            "the "
            "hook's address and the same text, and subscribe to messages, message_echoes, message_edits, "
            "message_reactions, message_reads, message_deliveries and messaging_postbacks.",
        },
    ),
}
