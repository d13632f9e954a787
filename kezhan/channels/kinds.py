"""The kinds of channel there are, described so that a form can be drawn from the description alone."""

import msgspec

from kezhan.channels.base import Capabilities, Channel, MadeSecrets, Words
from kezhan.channels.registry import channels
from kezhan.channels.schemas import CapabilitiesView, ChannelKind, ChannelKinds, Values


def list_kinds(language: str) -> ChannelKinds:
    """Every working adapter, in `language` (zh-CN or en)."""
    return ChannelKinds([_kind(channel, language) for _, channel in sorted(channels().items())])


def _kind(channel: Channel, language: str) -> ChannelKind:
    asked = None if channel.secrets is None or channel.makes_secret else channel.secrets
    return ChannelKind(
        name=channel.name,
        label=said(channel.label, language),
        help=said(channel.help, language),
        capabilities=_capabilities(channel.capabilities),
        settings=schema(channel, channel.settings, language),
        secrets=schema(channel, asked, language) if asked is not None else None,
        makes_secret=channel.makes_secret,
        experimental=channel.experimental,
        testable=channel.probe is not None,
    )


def said(words: Words, language: str) -> str:
    return words.get(language) or words["zh-CN"]


def _capabilities(able: Capabilities) -> CapabilitiesView:
    plain = msgspec.to_builtins(able)
    sets = {name: sorted(plain[name]) for name in ("receives", "sends")}
    return msgspec.convert(plain | sets, CapabilitiesView)


def schema(channel: Channel, shape: type[msgspec.Struct], language: str) -> Values:
    """JSON Schema of a Settings or Secrets Struct with the adapter's words in it."""
    (_,), parts = msgspec.json.schema_components([shape], ref_template="#/$defs/{name}")
    root: Values = parts.pop(shape.__name__)
    # The version of the stored form is nobody's choice.
    root["properties"].pop("v", None)
    for name, drawn in root["properties"].items():
        field = channel.fields[name]
        drawn["title"] = said(field.label, language)
        drawn["description"] = said(field.help, language)
        if field.advanced:
            drawn["x-advanced"] = True
        if field.options:
            drawn["x-options"] = {value: said(words, language) for value, words in field.options.items()}
    root["x-order"] = list(root["properties"])
    if parts:
        root["$defs"] = parts
    return root


def form_fields(channel: Channel) -> set[str]:
    """The names a form of this channel shows, and so the ones `fields` must explain."""
    asked = [channel.settings]
    if channel.secrets is not None and not issubclass(channel.secrets, MadeSecrets):
        asked.append(channel.secrets)
    return {name for shape in asked for name in shape.__struct_fields__} - {"v"}
