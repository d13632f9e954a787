"""A site as its visitors' widget sees it."""

import msgspec
from msgspec import Struct

from kezhan.channels.accounts import Account
from kezhan.channels.adapters.webchat.settings import Language, Secrets, Settings

_ACCENT = "#1f5c4a"
"""Where neither the site nor its workspace has chosen one."""


class SiteConfig(Struct, frozen=True, kw_only=True):
    """How the chat looks and speaks to a reader of one language. Empty texts leave the words to the
    client. `logo` is an address on this installation."""

    key: str
    title: str
    accent: str
    logo: str | None
    greeting: str
    placeholder: str
    offline_text: str
    message_text: str
    languages: tuple[str, ...]
    position: str
    launcher: bool


def site_settings(account: Account) -> Settings:
    return msgspec.convert(account.settings, Settings)


def identity_secrets(account: Account) -> list[str]:
    """What the host site may sign identities with, two while one replaces the other."""
    return msgspec.convert(account.secrets, Secrets).identity_secrets


def site_config(account: Account, language: str) -> SiteConfig:
    """`language` is the reader's; the chat may speak others."""
    settings = site_settings(account)
    english = _spoken(settings, language) == "en"
    return SiteConfig(
        key=account.public_key,
        title=settings.title or account.name,
        accent=settings.accent or account.workspace_accent or _ACCENT,
        logo=account.workspace_logo,
        greeting=(english and settings.greeting_en) or settings.greeting,
        placeholder=settings.placeholder,
        offline_text=(english and settings.offline_text_en) or settings.offline_text,
        message_text=(english and settings.message_text_en) or settings.message_text,
        languages=settings.languages,
        position=settings.position,
        launcher=settings.launcher,
    )


def _spoken(settings: Settings, language: str) -> Language:
    """The one of ours that a client speaks to this reader."""
    wanted: Language = "en" if language.lower().startswith("en") else "zh-CN"
    return wanted if wanted in settings.languages else settings.languages[0]
