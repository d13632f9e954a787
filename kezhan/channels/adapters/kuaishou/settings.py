"""What connects one Kuaishou app, and where in its messages everything is."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

AUTH_URL = "https://open.kuaishou.com/oauth2/access_token"
BODY = '{"open_id":"{{customer}}","type":"text","content":"{{text}}","request_id":"{{id}}"}'
_Short = Annotated[str, Meta(max_length=200)]
_Path = Annotated[str, Meta(min_length=1, max_length=200)]
_Address = Annotated[str, Meta(max_length=2000, extra_json_schema={"format": "uri"})]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `…_field` are paths into what comes, with dots; `send_body` is JSON whose texts have {{customer}},
    {{text}}, {{id}} and {{app}} in them."""

    v: Literal[1] = 1
    app_id: _Short = ""
    customer_field: _Path = "data.open_id"
    text_field: _Path = "data.content"
    kind_field: _Path = "data.type"
    send_url: _Address = ""
    send_body: Annotated[str, Meta(max_length=4000)] = BODY
    auth_in: Literal["query", "header"] = "query"
    auth_name: Annotated[str, Meta(max_length=50, pattern="^[A-Za-z0-9_-]+$")] = "access_token"
    auth_url: _Address = AUTH_URL

    def __post_init__(self) -> None:
        check_addresses(*filter(None, (self.auth_url, self.send_url)))
        if not isinstance(_decoded(self.send_body), dict):
            raise ValueError("Expected a JSON object as the body that is sent")


class Secrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`app_secret` signs what comes in and opens the interface."""

    app_secret: _Short = ""


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


FIELDS = {
    "app_id": Field(
        label={"zh-CN": "App ID", "en": "App ID"},
        help={
            "zh-CN": "快手开放平台（open.kuaishou.com）→ 管理中心 → 我的应用 → 应用详情。私信接口未公开，"
            "须先与快手签约开通。",
            "en": "open.kuaishou.com → Management → My apps → details. The interface for messages is not "
            "public: it takes a contract with Kuaishou.",
        },
    ),
    "app_secret": Field(
        label={"zh-CN": "App Secret", "en": "App secret"},
        help={
            "zh-CN": "与 App ID 在同一页；快手用它给推送签名（kwaisign）。推送地址填本渠道的回调地址。",
            "en": "On the same page as the App ID; Kuaishou signs its calls with it (kwaisign). The address "
            "it calls is this channel's hook address.",
        },
    ),
    "send_url": Field(
        label={"zh-CN": "发送接口", "en": "Address to send to"},
        help={
            "zh-CN": "签约后快手（或服务商网关）文档中的私信发送地址；留空则只接收不发送。",
            "en": "As in the documentation that came with the contract, or your gateway's; empty: messages "
            "only come in.",
        },
    ),
    "send_body": Field(
        label={"zh-CN": "发送内容模板", "en": "Body that is sent"},
        help={
            "zh-CN": "按签约文档填写 JSON：{{customer}} 为用户 ID，{{text}} 为文字，{{id}} 为本系统消息号，"
            "{{app}} 为 App ID。",
            "en": "JSON as the contract's documentation wants it: {{customer}} becomes the customer's ID, "
            "{{text}} the text, {{id}} our number of the message, {{app}} the App ID.",
        },
        advanced=True,
    ),
    "customer_field": Field(
        label={"zh-CN": "用户 ID 所在字段", "en": "Where the customer's ID is"},
        help={
            "zh-CN": "推送 JSON 中用户 ID 的路径，用点分隔，见签约文档的推送示例。",
            "en": "The path to it in what is posted, with dots; see the example in the contract's "
            "documentation.",
        },
        advanced=True,
    ),
    "text_field": Field(
        label={"zh-CN": "文字所在字段", "en": "Where the text is"},
        help={
            "zh-CN": "推送 JSON 中消息文字的路径，用点分隔，见签约文档的推送示例。",
            "en": "The path to it in what is posted, with dots; see the example in the contract's "
            "documentation.",
        },
        advanced=True,
    ),
    "kind_field": Field(
        label={"zh-CN": "消息类型所在字段", "en": "Where the kind of message is"},
        help={
            "zh-CN": "推送 JSON 中消息类型的路径，用点分隔，见签约文档的推送示例。",
            "en": "The path to it in what is posted, with dots; see the example in the contract's "
            "documentation.",
        },
        advanced=True,
    ),
    "auth_in": Field(
        label={"zh-CN": "令牌位置", "en": "Where the token goes"},
        help={
            "zh-CN": "发送接口从哪里读取 access_token，见签约文档。",
            "en": "Where the address to send to reads the token; see the contract's documentation.",
        },
        options={
            "query": {"zh-CN": "地址参数", "en": "In the address"},
            "header": {"zh-CN": "请求头", "en": "In a header"},
        },
        advanced=True,
    ),
    "auth_name": Field(
        label={"zh-CN": "令牌参数名", "en": "Token's name"},
        help={
            "zh-CN": "该参数或请求头的名称，见签约文档。",
            "en": "The parameter's or header's name; see the contract's documentation.",
        },
        advanced=True,
    ),
    "auth_url": Field(
        label={"zh-CN": "令牌接口", "en": "Token address"},
        help={
            "zh-CN": "快手开放平台换取 access_token 的地址，一般无需修改。",
            "en": "Where Kuaishou gives access tokens; seldom changed.",
        },
        advanced=True,
    ),
}
