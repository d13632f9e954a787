"""Topics and presence: encoded once, heard by those who joined, counted by person."""

from uuid import UUID

from kezhan.realtime.hub import Hub, Stream, Streams
from kezhan.realtime.presence import Key, Presence

WORKSPACE, OTHER = UUID(int=1), UUID(int=2)


class Ear:
    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def deliver(self, frame: bytes) -> None:
        self.heard.append(frame)


def test_a_frame_is_encoded_once_for_all_and_not_at_all_for_nobody() -> None:
    hub, ears, encoded = Hub(), [Ear() for _ in range(3)], 0

    def encode() -> bytes:
        nonlocal encoded
        encoded += 1
        return b"frame"

    hub.publish("room", encode)
    assert encoded == 0
    for ear in ears:
        hub.join("room", ear)
        hub.join("room", ear)
    hub.publish("room", encode)
    hub.publish("elsewhere", encode)
    assert encoded == 1
    assert [ear.heard for ear in ears] == [[b"frame"]] * 3


def test_who_has_left_or_was_passed_over_hears_nothing() -> None:
    hub, stays, leaves, speaker = Hub(), Ear(), Ear(), Ear()
    for ear in (stays, leaves, speaker):
        hub.join("room", ear)
        hub.join("hall", ear)
    hub.leave("room", leaves)
    hub.leave("room", leaves)
    hub.publish("room", lambda: b"1", besides=speaker)
    assert (stays.heard, leaves.heard, speaker.heard) == ([b"1"], [], [])
    assert hub.joined("hall", leaves)
    hub.drop(leaves)
    assert not hub.joined("hall", leaves)
    for ear in (stays, speaker):
        hub.drop(ear)
    assert not hub.heard("room")
    assert hub.listeners("hall") == ()


def test_a_listener_that_leaves_while_it_hears_disturbs_nobody() -> None:
    hub = Hub()

    class Shy(Ear):
        def deliver(self, frame: bytes) -> None:
            super().deliver(frame)
            hub.drop(self)

    ears: list[Ear] = [Shy(), Ear(), Shy()]
    for ear in ears:
        hub.join("room", ear)
    hub.publish("room", lambda: b"1")
    hub.publish("room", lambda: b"2")
    assert [len(ear.heard) for ear in ears] == [1, 2, 1]


def test_a_streams_frames_are_numbered_for_every_listener_alike() -> None:
    stream, one, two = Stream(), Ear(), Ear()
    stream.listeners.add(one)
    stream.push(b"{}")
    stream.listeners.add(two)
    stream.push(b'{"a":1},{"a":2}')
    assert one.heard[1:] == two.heard == [b'{"type":"listed","rev":2,"changes":[{"a":1},{"a":2}]}']


def test_a_stream_somebody_listens_to_is_not_forgotten() -> None:
    streams, ear = Streams(), Ear()
    stream = streams.of(OTHER)
    stream.listeners.add(ear)
    streams.forget(OTHER)
    assert streams.of(OTHER) is stream
    stream.listeners.discard(ear)
    streams.forget(OTHER)
    assert streams.of(OTHER) is not stream


def test_several_devices_are_one_presence() -> None:
    presence = Presence()
    told: list[tuple[Key, bool]] = []
    presence.on_change = lambda workspace, key, online: told.append((key, online))
    lin: Key = ("agent", UUID(int=9))
    for _ in range(2):
        presence.arrive(WORKSPACE, lin)
    presence.depart(WORKSPACE, lin)
    assert presence.online(lin)
    assert presence.present(WORKSPACE, "agent") == [lin[1]]
    assert presence.present(OTHER, "agent") == []
    assert presence.present(WORKSPACE, "visitor") == []
    presence.depart(WORKSPACE, lin)
    assert not presence.online(lin)
    assert told == [(lin, True), (lin, False)]
