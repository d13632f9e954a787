"""What the owner of a site chooses for its chat."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, MadeSecrets
from kezhan.kit.clock import now

Origin = Annotated[str, Meta(max_length=300, pattern=r"^https?://[^/\s@?#]+/?$")]
# Python's `$` lets a line end follow.
Colour = Annotated[
    str,
    Meta(pattern=r"^(?!\n)(#[0-9a-fA-F]{6})?$", max_length=7, extra_json_schema={"format": "color"}),
]
Lines = Annotated[str, Meta(max_length=500, extra_json_schema={"format": "textarea"})]
Language = Literal["zh-CN", "en"]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`origins` are the pages that may speak for visitors (`https://shop.example`); none listed: every page.
    Texts are for every reader; those ending in `_en` are for readers of English instead, where they are not
    empty. Where both are, the words are the widget's own, in its reader's language."""

    v: Literal[1] = 1
    title: Annotated[str, Meta(max_length=60)] = ""
    accent: Colour = ""
    greeting: Lines = ""
    greeting_en: Lines = ""
    placeholder: Annotated[str, Meta(max_length=100)] = ""
    offline_text: Lines = ""
    offline_text_en: Lines = ""
    message_text: Lines = ""
    message_text_en: Lines = ""
    languages: Annotated[tuple[Language, ...], Meta(min_length=1, max_length=2)] = ("zh-CN", "en")
    position: Literal["left", "right"] = "right"
    launcher: bool = True
    puzzle: Literal["never", "suspicious", "always"] = "suspicious"
    origins: Annotated[tuple[Origin, ...], Meta(max_length=100)] = ()


class Secrets(MadeSecrets, frozen=True, kw_only=True):
    """What the site signs its customers' identities with (JWT, HS256)."""

    @property
    def identity_secrets(self) -> list[str]:
        """The ones that are good now, the newest first."""
        return self.accepted(now())


def _english(chinese: str, english: str) -> Field:
    return Field(
        label={"zh-CN": f"{chinese}（英文）", "en": f"{english}, in English"},
        help={
            "zh-CN": "给使用英文的客户；留空则与上面相同。",
            "en": "For readers of English; empty: as above.",
        },
    )


FIELDS = {
    "title": Field(
        label={"zh-CN": "站点名称", "en": "Site name"},
        help={
            "zh-CN": "显示在聊天窗口顶部；留空则用渠道名称。",
            "en": "Shown at the top of the chat; empty: the channel's name.",
        },
    ),
    "accent": Field(
        label={"zh-CN": "主题色", "en": "Accent colour"},
        help={
            "zh-CN": "聊天按钮和客户消息的颜色；不设置则用企业空间的主题色。",
            "en": "The colour of the bubble and of the customer's messages; without one, the workspace's.",
        },
    ),
    "greeting": Field(
        label={"zh-CN": "欢迎语", "en": "Greeting"},
        help={"zh-CN": "打开窗口时的第一句话。", "en": "The first words when the chat is opened."},
    ),
    "greeting_en": _english("欢迎语", "Greeting"),
    "placeholder": Field(
        label={"zh-CN": "输入框提示", "en": "Input hint"},
        help={"zh-CN": "输入框里的灰色文字。", "en": "The faint words in the input field."},
    ),
    "offline_text": Field(
        label={"zh-CN": "离线提示", "en": "Offline words"},
        help={
            "zh-CN": "非工作时间或没有客服在线时显示。",
            "en": "Shown outside business hours and while nobody is there to answer.",
        },
    ),
    "offline_text_en": _english("离线提示", "Offline words"),
    "message_text": Field(
        label={"zh-CN": "留言提示", "en": "Message words"},
        help={
            "zh-CN": "客户不再排队、改为留言后显示。",
            "en": "Shown to a customer who has left a message instead of waiting.",
        },
    ),
    "message_text_en": _english("留言提示", "Message words"),
    "languages": Field(
        label={"zh-CN": "界面语言", "en": "Languages"},
        help={
            "zh-CN": "窗口可用的语言，排在前面的优先。",
            "en": "The languages the chat may speak; the first one is preferred.",
        },
        options={
            "zh-CN": {"zh-CN": "简体中文", "en": "Simplified Chinese"},
            "en": {"zh-CN": "英文", "en": "English"},
        },
    ),
    "position": Field(
        label={"zh-CN": "按钮位置", "en": "Position"},
        help={"zh-CN": "按钮靠页面哪一侧。", "en": "Which side of the page the bubble keeps to."},
        options={"left": {"zh-CN": "左侧", "en": "Left"}, "right": {"zh-CN": "右侧", "en": "Right"}},
    ),
    "launcher": Field(
        label={"zh-CN": "显示聊天按钮", "en": "Show the bubble"},
        help={
            "zh-CN": "关闭后只能由页面自己的按钮打开。",
            "en": "Without it the chat opens from the page's own button only.",
        },
    ),
    "puzzle": Field(
        label={"zh-CN": "访客验证", "en": "Visitor check"},
        help={
            "zh-CN": "新访客打开会话前，浏览器在后台完成一次短暂计算，访客无需操作，可减少机器刷量。",
            "en": "A new visitor's browser does a short calculation first. She has nothing to do; floods by"
            " programs become costly.",
        },
        options={
            "suspicious": {"zh-CN": "可疑时验证", "en": "When suspicious"},
            "always": {"zh-CN": "始终验证", "en": "Always"},
            "never": {"zh-CN": "从不验证", "en": "Never"},
        },
    ),
    "origins": Field(
        label={"zh-CN": "允许的网站", "en": "Allowed sites"},
        help={
            "zh-CN": "可以嵌入聊天的网站，如 https://shop.example；留空则不限制。",
            "en": "Sites that may embed the chat, such as https://shop.example; empty: every site.",
        },
    ),
}
