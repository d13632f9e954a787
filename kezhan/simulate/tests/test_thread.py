"""The merge rule: any order, any overlap, any gap ends in what the server has."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kezhan.simulate.thread import Json, Thread


def message(seq: int, rev: int, body: str = "") -> Json:
    return {"seq": seq, "rev": rev, "kind": "text", "body": body or f"{seq}.{rev}"}


def changed(from_rev: int, rev: int, *messages: Json, **more: Any) -> Json:
    return {"type": "changed", "conversation_id": "c", "from_rev": from_rev, "rev": rev,
            "messages": list(messages), **more}  # fmt: skip


def snapshot(rev: int, *messages: Json) -> Json:
    return {"rev": rev, "head": {"id": "c"}, "messages": list(messages), "marks": []}


def test_frames_in_order_are_taken_in() -> None:
    thread = Thread("c")
    assert thread.apply(changed(0, 1, message(1, 1)))
    assert thread.apply(changed(1, 3, message(2, 2), message(3, 3)))
    assert (thread.rev, sorted(thread.messages)) == (3, [1, 2, 3])


def test_a_gap_is_told_and_changes_nothing() -> None:
    thread = Thread("c")
    thread.apply(changed(0, 1, message(1, 1)))
    assert not thread.apply(changed(2, 3, message(3, 3)))
    assert (thread.rev, sorted(thread.messages)) == (1, [1])


def test_an_overlapping_frame_adds_what_is_new_and_keeps_what_is_newer() -> None:
    thread = Thread("c")
    thread.apply(changed(0, 3, message(1, 3, "edited")))
    assert thread.apply(changed(1, 4, message(1, 2, "old"), message(2, 4)))
    assert thread.messages[1]["body"] == "edited"
    assert thread.rev == 4


def test_the_same_frame_twice_is_the_same_as_once() -> None:
    thread = Thread("c")
    frame = changed(0, 2, message(1, 1), message(2, 2))
    assert thread.apply(frame)
    before = dict(thread.messages)
    assert thread.apply(frame)
    assert thread.messages == before


def test_a_frame_without_messages_still_moves_the_number() -> None:
    thread = Thread("c")
    assert thread.apply({"type": "changed", "conversation_id": "c", "from_rev": 0, "rev": 2})
    assert thread.rev == 2


def test_marks_are_kept_by_party_and_never_go_back() -> None:
    thread = Thread("c")
    mark = {"party": "agent", "party_id": "a", "delivered_seq": 4, "read_seq": 4, "rev": 2}
    thread.apply(changed(0, 2, marks=[mark]))
    thread.apply(changed(1, 3, marks=[{**mark, "read_seq": 1, "rev": 1}]))
    assert thread.marks["agent", "a"]["read_seq"] == 4


def test_after_resync_the_snapshot_stands_and_frames_go_on_from_it() -> None:
    thread = Thread("c")
    thread.apply(changed(0, 1, message(1, 1)))
    thread.load(snapshot(600, message(580, 590), message(581, 600)))
    assert sorted(thread.messages) == [580, 581]
    assert thread.apply(changed(600, 601, message(582, 601)))
    assert thread.rev == 601


@given(st.data())
def test_any_delivery_of_the_same_changes_ends_in_the_same_thread(data: st.DataObject) -> None:
    total = data.draw(st.integers(1, 12))
    history = [(rev, message(data.draw(st.integers(1, rev)), rev)) for rev in range(1, total + 1)]

    def span(first: int, last: int) -> Json:
        return changed(first, last, *(entry for rev, entry in history if first < rev <= last))

    spans = st.tuples(st.integers(0, total), st.integers(0, total)).map(sorted)
    thread = Thread("c")
    for first, last in data.draw(st.lists(spans, max_size=30)):
        if not thread.apply(span(first, last)):
            thread.apply(span(thread.rev, total))
    thread.apply(span(thread.rev, total))
    newest: dict[int, Json] = {}
    for _, entry in history:
        newest[entry["seq"]] = entry
    assert thread.messages == newest
