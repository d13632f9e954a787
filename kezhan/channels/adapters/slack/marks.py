"""The platform's marks in texts: `<@U1|name>`, `<#C1|name>`, `<!here>`, `<https://…|label>`, `&amp;`."""

import re

_MARK = re.compile(r"<([^<>\n]*)>")
_SPECIAL = {"!here": "@here", "!channel": "@channel", "!everyone": "@everyone"}


def plain(text: str) -> str:
    """As people read it."""
    shown = _MARK.sub(lambda found: _shown(found[1]), text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def marked(text: str) -> str:
    """Our text, so that nothing in it is a mark."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _shown(mark: str) -> str:
    target, _, label = mark.partition("|")
    if target in _SPECIAL:
        return _SPECIAL[target]
    if target.startswith(("@", "#")):
        return target[0] + (label.lstrip("@#") or target[1:])
    if target.startswith("!"):
        return label or target[1:]
    address = target.removeprefix("mailto:").removeprefix("tel:")
    return address if label in {"", address, target} else f"{label} {address}"
