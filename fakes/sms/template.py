"""Templates of the Chinese providers: text with places, the only thing that may be sent there."""

import re

from fakes.phone import Box, Words

PARAMETER = 35
_NAMED = re.compile(r"\$\{(\w+)\}")
_NUMBERED = re.compile(r"\{(\d+)\}")


def boxes(template: str, text: str) -> list[Box]:
    return [
        Box(name="sign", label=Words("短信签名", "Signature"), value="客栈茶庄"),
        Box(name="template", label=Words("模板编号", "Template"), value=template),
        Box(name="template_text", label=Words("模板内容", "Text of the template"), value=text),
        Box(
            name="parameter",
            label=Words("变量最长字数", "Longest value of a place"),
            value=str(PARAMETER),
        ),
    ]


def names(text: str) -> list[str]:
    """The places `${name}` of a text."""
    return _NAMED.findall(text)


def numbers(text: str) -> int:
    """How many places `{1}`, `{2}` … a text has."""
    return len(set(_NUMBERED.findall(text)))


def filled(text: str, values: dict[str, str]) -> str:
    """Named and numbered places alike."""
    text = _NAMED.sub(lambda m: values.get(m[1], ""), text)
    return _NUMBERED.sub(lambda m: values.get(m[1], ""), text)
