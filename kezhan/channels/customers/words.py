"""What a platform's people say, as we can hold it."""


def spoken(text: str, speaker: str) -> str:
    """In a group, with who says it."""
    return f"{plain(speaker)}：{plain(text)}" if speaker else plain(text)


def plain(text: str) -> str:
    """The text as PostgreSQL can hold it: no NUL, no half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")
