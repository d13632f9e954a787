"""What connects somebody's own platform."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, MadeSecrets
from kezhan.kit.fetch import web_address


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`webhook_url` hears of replies; empty: the platform only sends."""

    v: Literal[1] = 1
    webhook_url: Annotated[str, Meta(max_length=2000, extra_json_schema={"format": "uri"})] = ""

    def __post_init__(self) -> None:
        whole = self.webhook_url.isprintable() and " " not in self.webhook_url
        if self.webhook_url and not (whole and web_address(self.webhook_url)):
            raise ValueError("Expected an address that begins with https:// or http://, without a password")


class Secrets(MadeSecrets, frozen=True, kw_only=True):
    """Signs the calls of both directions."""


FIELDS = {
    "webhook_url": Field(
        label={"zh-CN": "回调地址", "en": "Webhook address"},
        help={
            "zh-CN": "客服的回复会签名后发到这个地址；留空则只接收不发送。",
            "en": "Agents' replies are signed and posted here; empty: messages only come in.",
        },
    ),
}
