"""What connects a business number."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses
from kezhan.channels.vendors.meta.graph import (
    API_FIELDS,
    API_URL,
    API_VERSION,
    Address,
    Bearer,
    Number,
    Secret,
    Version,
)


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`business_id` is asked for templates only; `per_second` is what the number may send."""

    v: Literal[1] = 1
    phone_number_id: Number = ""
    business_id: Number = ""
    per_second: Annotated[int, Meta(ge=1, le=1000)] = 80
    api_url: Address = API_URL
    api_version: Version = API_VERSION

    def __post_init__(self) -> None:
        check_addresses(self.api_url)


class Secrets(Struct, frozen=True, kw_only=True):
    """`verify_token` is made up by whoever connects the number."""

    access_token: Bearer
    app_secret: Secret
    verify_token: Secret


FIELDS = {
    "phone_number_id": Field(
        label={"zh-CN": "电话号码编号", "en": "Phone number ID"},
        help={
            "zh-CN": "developers.facebook.com → 我的应用 → WhatsApp → API 设置，“电话号码编号”，不是号码。",
            "en": "developers.facebook.com, My Apps, WhatsApp, API Setup: Phone number ID (not the number).",
        },
    ),
    "business_id": Field(
        label={"zh-CN": "WhatsApp 商业账号编号", "en": "WhatsApp Business Account ID"},
        help={
            "zh-CN": "同一页（WhatsApp → API 设置）的“WhatsApp 商业账号编号”；"
            "用来登记回调地址和读取消息模板。",
            "en": "On the same page (WhatsApp, API Setup); the hook is registered and the templates are "
            "read with it.",
        },
    ),
    "access_token": Field(
        label={"zh-CN": "访问令牌", "en": "Access token"},
        help={
            "zh-CN": "business.facebook.com → 设置 → 用户 → 系统用户 → 生成令牌，勾选 "
            "whatsapp_business_messaging 和 whatsapp_business_management，有效期选“永不”。",
            "en": "business.facebook.com, Settings, Users, System users, Generate token, with "
            "whatsapp_business_messaging and whatsapp_business_management, expiring never.",
        },
    ),
    "app_secret": Field(
        label={"zh-CN": "应用密钥", "en": "App secret"},
        help={
            "zh-CN": "developers.facebook.com → 我的应用 → 应用设置 → 基本 → 应用密钥 → 显示。",
            "en": "developers.facebook.com, My Apps, App settings, Basic, App secret, Show.",
        },
    ),
    "verify_token": Field(
        label={"zh-CN": "验证令牌", "en": "Verify token"},
        help={
            "zh-CN": "自己想一串字符填在这里；上面填了商业账号编号的，测试连接时会自动登记。否则到 "
            "WhatsApp → 配置 → Webhook，填回调地址和同一串字符，"
            "并订阅 messages（与手机共用的再订阅 smb_message_echoes）。",
            "en": "Make up any text. With a business account ID the hook is registered by the test of the "
            "connection; else go to WhatsApp, Configuration, Webhook, enter the hook's "
            "address and the same text, and subscribe to messages (and smb_message_echoes where the number "
            "is used on a phone too).",
        },
    ),
    "per_second": Field(
        label={"zh-CN": "每秒发送上限", "en": "Messages per second"},
        help={
            "zh-CN": "一般是 80；与手机 App 共用的号码是 20，升级后可到 1000。",
            "en": "80 as a rule; 20 for a number that is used on a phone too, up to 1000 once raised.",
        },
        advanced=True,
    ),
    **API_FIELDS,
}
