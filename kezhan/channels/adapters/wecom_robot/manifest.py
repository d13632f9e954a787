"""Robots of WeCom, alone and in groups."""

from kezhan.channels.adapters.wecom_robot.inbound import parse, verify
from kezhan.channels.adapters.wecom_robot.media import media
from kezhan.channels.adapters.wecom_robot.outbound import ANSWER_SECONDS, send
from kezhan.channels.adapters.wecom_robot.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Capabilities, Channel, Window

CHANNEL = Channel(
    name="wecom_robot",
    label={"zh-CN": "企业微信智能机器人", "en": "WeCom robot"},
    help={
        "zh-CN": "成员在企业微信里与智能机器人单聊、或在群里 @ 机器人，消息进入客栈。"
        "平台规定：每条来信只能回复一条，且须在一小时内；自动回复也算一条。",
        "en": "Members write to a robot in WeCom, alone or by mentioning it in a group. The platform takes"
        " one answer to each message, within an hour; automatic replies count.",
    },
    capabilities=Capabilities(
        receives=frozenset({"text", "file"}),
        text_length=20480,
        text_unit="bytes",
        window=Window(seconds=ANSWER_SECONDS, messages=1),
    ),
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    media=media,
    experimental=True,
)
