"""What a User-Agent header tells of a browser, as far as it stays the same while one is used. Pure."""

_SYSTEMS = (
    ("Windows", "windows"),
    ("iPhone", "apple"),
    ("iPad", "apple"),
    ("Macintosh", "apple"),
    ("Android", "linux"),
    ("CrOS", "linux"),
    ("Linux", "linux"),
)
_BROWSERS = (("Edg", "edge"), ("OPR/", "opera"), ("Firefox/", "firefox"), ("Chrome/", "chrome"))


def device_of(user_agent: str) -> str:
    """Kind of browser on kind of system; empty for a program. It survives an update of either, and "request
    desktop site": a phone then says that it is a desk's computer of the same house, and every browser of
    Apple's phones that it is Safari."""
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if not system or system == "apple":
        return system
    return f"{system}:{next((name for mark, name in _BROWSERS if mark in user_agent), '')}"
