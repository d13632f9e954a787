"""What connects a professional account."""

from typing import Literal

from msgspec import Struct

from kezhan.channels.base import Field, check_addresses
from kezhan.channels.vendors.meta.form import SHARED_FIELDS
from kezhan.channels.vendors.meta.graph import API_URL, API_VERSION, Address, Bearer, Number, Secret, Version

INSTAGRAM_URL = "https://graph.instagram.com"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`login`: whose the token is, the page's or the account's own. Without an `account_id` it is the token's
    own account or page."""

    v: Literal[1] = 1
    login: Literal["page", "instagram"] = "page"
    account_id: Number = ""
    app_id: Number = ""
    human_agent: bool = False
    sign_calls: bool = False
    api_url: Address = API_URL
    instagram_url: Address = INSTAGRAM_URL
    api_version: Version = API_VERSION

    def __post_init__(self) -> None:
        check_addresses(self.api_url, self.instagram_url)

    @property
    def base(self) -> str:
        """Where this account's calls go."""
        return self.api_url if self.login == "page" else self.instagram_url


class Secrets(Struct, frozen=True, kw_only=True):
    """`verify_token` is made up by whoever connects the account."""

    access_token: Bearer
    app_secret: Secret
    verify_token: Secret


FIELDS = {
    **SHARED_FIELDS,
    "login": Field(
        label={"zh-CN": "登录方式", "en": "Login"},
        help={
            "zh-CN": "应用里用的是哪种：Instagram 绑定的 Facebook 主页，或者 Instagram 账号直接登录。",
            "en": "Which of the two the app uses: the Facebook page the account belongs to, or Instagram's "
            "own "
            "login.",
        },
        options={
            "page": {"zh-CN": "通过 Facebook 主页", "en": "Through the Facebook page"},
            "instagram": {"zh-CN": "Instagram 直接登录", "en": "Instagram login"},
        },
    ),
    "account_id": Field(
        label={"zh-CN": "账号编号", "en": "Account ID"},
        help={
            "zh-CN": "主页登录填主页编号，Instagram 登录填 Instagram 专业账号编号（应用 → Instagram → API "
            "设置）；可以留空。",
            "en": "The page's ID, or with Instagram's login the ID of the professional account (app, "
            "Instagram, "
            "API setup). May be empty.",
        },
    ),
    "access_token": Field(
        label={"zh-CN": "访问令牌", "en": "Access token"},
        help={
            "zh-CN": "developers.facebook.com → 我的应用 → Instagram → API 设置 → 生成访问令牌；"
            "Instagram 登录的令牌 60 天有效，会自动续期。",
            "en": "developers.facebook.com, My Apps, Instagram, API setup, Generate access tokens. With "
            "Instagram's login it is good for 60 days and renewed by itself.",
        },
    ),
    "verify_token": Field(
        label={"zh-CN": "验证令牌", "en": "Verify token"},
        help={
            "zh-CN": "自己想一串字符填在这里；保存后到 Instagram → API 设置 → 配置 Webhook，"
            "填回调地址和同一串字符，"
            "订阅 messages、message_edit、message_reactions、messaging_postbacks、messaging_seen。",
            "en": "Make up any text; after saving go to Instagram, API setup, Configure webhooks, enter the "
            "hook's address and the same text, and subscribe to messages, message_edit, message_reactions, "
            "messaging_postbacks and messaging_seen.",
        },
    ),
    "instagram_url": Field(
        label={"zh-CN": "Instagram 接口地址", "en": "Instagram API address"},
        help={
            "zh-CN": "Instagram 直接登录时的接口地址，一般不用改。",
            "en": "Where the API of Instagram's own login is; not to be changed as a rule.",
        },
        advanced=True,
    ),
}
