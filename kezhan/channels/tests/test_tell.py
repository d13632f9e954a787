"""Whoever looks at the list of channels hears that it has changed."""

from typing import Any, cast
from uuid import UUID

import pytest

from kezhan.channels import tell
from kezhan.channels.events import ChannelChanged, ChannelWorking
from kezhan.conversations.desk import Desk
from kezhan.conversations.events import ConversationClosed
from kezhan.kit.outbox import Published
from kezhan.wiring import TOPICS
from kezhan.workspaces.permissions import Permission

WORKSPACE, ACCOUNT = UUID(int=1), UUID(int=2)


class Listening:
    """A desk of which only the pulse is felt."""

    def __init__(self) -> None:
        self.pulse: Any = self
        self.touched: list[tuple[str, UUID]] = []

    def touch(self, topic: str, workspace_id: UUID) -> None:
        self.touched.append((topic, workspace_id))


@pytest.mark.parametrize(
    "event", [ChannelChanged(account_id=ACCOUNT), ChannelWorking(account_id=ACCOUNT, working=False)]
)
def test_a_change_of_a_channel_is_told_once(event: ChannelChanged | ChannelWorking) -> None:
    desk = Listening()
    tell.on_commit(cast(Desk, desk), WORKSPACE, [Published(event, ()), Published(event, ())])
    assert desk.touched == [("channels", WORKSPACE)]


def test_nothing_else_is() -> None:
    desk = Listening()
    closed = cast(ConversationClosed, object())
    tell.on_commit(cast(Desk, desk), WORKSPACE, [Published(closed, ())])
    assert desk.touched == []


def test_those_who_may_read_channels_may_follow() -> None:
    assert TOPICS[tell.TOPIC] == Permission.CHANNEL_READ
