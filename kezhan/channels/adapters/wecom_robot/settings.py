"""What connects a robot of a company's WeCom."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Account, Field
from kezhan.channels.vendors.tencent.form import API_URL, Address, AesKey, Word
from kezhan.channels.vendors.tencent.push import Keys


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`robot_id`: calls of another robot are refused, where it is given. `robot_name` is what members mention
    in a group. `answer_as`: as which kind of message ours go."""

    v: Literal[1] = 1
    robot_id: Word = ""
    robot_name: Annotated[str, Meta(max_length=60)] = ""
    answer_as: Literal["markdown", "text"] = "markdown"
    api_url: Address = "https://qyapi.weixin.qq.com"


class Secrets(Struct, frozen=True, kw_only=True):
    """Both are needed: nothing comes unsealed."""

    token: Word
    aes_key: AesKey


def keys(account: Account) -> Keys:
    """A robot's calls are sealed for no receiver."""
    return Keys(token=account.secrets.token, aes_key=account.secrets.aes_key, receiver="")


_ROBOT_ZH = (
    "登录企业微信管理后台 work.weixin.qq.com →“安全与管理”→“管理工具”→“智能机器人”→ 以“API 模式创建”的机器人"
)
_ROBOT_EN = "work.weixin.qq.com → Security & management → Tools → AI bots → the bot, made in API mode"

FIELDS = {
    "token": Field(
        label={"zh-CN": "令牌 (Token)", "en": "Token"},
        help={
            "zh-CN": f"{_ROBOT_ZH}，点 Token 旁的“随机获取”后复制；URL 填本页显示的回调地址。先在这里保存，"
            "再到后台点“保存”。",
            "en": f"{_ROBOT_EN}: press Random beside Token and copy it; as URL enter the address shown here."
            " Save here first, then over there.",
        },
    ),
    "aes_key": Field(
        label={"zh-CN": "EncodingAESKey", "en": "EncodingAESKey"},
        help={
            "zh-CN": f"{_ROBOT_ZH}，点 EncodingAESKey 旁的“随机获取”得到 43 位字符后复制。",
            "en": f"{_ROBOT_EN}: press Random beside EncodingAESKey and copy the 43 characters.",
        },
    ),
    "robot_name": Field(
        label={"zh-CN": "机器人名称", "en": "Name of the robot"},
        help={
            "zh-CN": "成员在群里 @ 的名称。填写后，消息开头的“@名称”不再显示；不填则按原文显示。",
            "en": "What members mention in a group. Where it is given, it is left out at the beginning of a"
            " message; else a message is shown as it came.",
        },
    ),
    "robot_id": Field(
        label={"zh-CN": "机器人 ID", "en": "Bot ID"},
        help={
            "zh-CN": f"{_ROBOT_ZH}，详情页里的“Bot ID”。填写后只接收这个机器人的消息；可以不填。",
            "en": f"{_ROBOT_EN}: its Bot ID. Where it is given, calls of any other robot are refused.",
        },
        advanced=True,
    ),
    "answer_as": Field(
        label={"zh-CN": "回复的消息类型", "en": "Answers go as"},
        help={
            "zh-CN": "平台公开的主动回复类型是 Markdown，其中的 *、#、> 等符号会变成格式；"
            "只有平台为贵企业开放了文本类型时才改成文本。",
            "en": "The platform documents Markdown, in which *, # and > become looks. Choose text only where"
            " your company's robot may send it.",
        },
        options={
            "markdown": {"zh-CN": "Markdown", "en": "Markdown"},
            "text": {"zh-CN": "文本", "en": "Text"},
        },
        advanced=True,
    ),
    "api_url": API_URL,
}
