"""The checker is fed histories that are not as they should be: each kind of fault is found and named."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from kezhan.simulate.ledger import Entry, Ledger, Totals, Verdict, percentile
from kezhan.simulate.play import Tempo
from kezhan.simulate.thread import Json

History = list[Json]


def told(*words: str, by: str = "customer", ledger: Ledger | None = None) -> Ledger:
    """A book in which these were sent and acknowledged one after the other, in conversation `c` from 1 on."""
    ledger = ledger or Ledger()
    for word in words:
        entry = ledger.sending(f"id-{word}", by, "text", word)
        ledger.acknowledged(entry, {"conversation_id": "c", "seq": len(ledger.entries)})
    return ledger


def stored(*words: str) -> History:
    """The history that holds them in this order."""
    return [line(seq, word) for seq, word in enumerate(words, 1)]


def line(seq: int, word: str, **more: Any) -> Json:
    return {"seq": seq, "kind": "text", "client_id": f"id-{word}", "body": word, **more}


def judged(ledger: Ledger, history: History, *, whole: bool = True, screen: Any = None) -> Verdict:
    seen = {message["seq"] for message in history} if screen is None else screen
    return ledger.check("c", history, seen, whole=whole)


@pytest.mark.parametrize(
    ("history", "lost", "doubled", "moved"),
    [
        (stored("a", "b", "c"), [], [], []),
        (stored("a", "b"), ["id-c"], [], []),
        (stored("b", "c"), ["id-a"], [], ["id-b", "id-c"]),
        ([line(1, "a"), line(3, "c")], ["id-b", "seq 2"], [], []),
        ([], ["id-a", "id-b", "id-c"], [], []),
        (stored("a", "c", "b"), [], [], ["id-b", "id-c"]),
        (stored("c", "b", "a"), [], [], ["id-a", "id-b", "id-c"]),
        ([*stored("a", "b", "c"), line(4, "a")], [], ["id-a"], ["id-a", "id-b", "id-c"]),
        ([*stored("a", "b", "c"), line(3, "x")], [], ["seq 3"], []),
        ([line(1, "a"), line(2, "b", body="B"), line(3, "c")], ["id-b"], [], []),
        ([line(1, "a"), line(2, "b", body=""), line(3, "c")], ["id-b"], [], []),
        ([line(1, "a"), line(2, "b", client_id=None), line(3, "c")], ["id-b"], [], []),
        ([line(1, "a"), line(2, "b"), line(4, "c")], ["seq 3"], [], ["id-c"]),
    ],
)
def test_what_became_of_three_messages_is_judged(
    history: History, lost: list[str], doubled: list[str], moved: list[str]
) -> None:
    verdict = judged(told("a", "b", "c"), history)
    assert (verdict.lost, verdict.doubled, verdict.moved) == (lost, doubled, moved)
    assert verdict.good is not bool(lost or doubled or moved)


def test_messages_nobody_acknowledged_are_judged_by_the_order_they_were_sent_in() -> None:
    ledger = Ledger()
    for word in ("a", "b"):
        ledger.sending(f"id-{word}", "customer", "text", word)
    assert judged(ledger, stored("a", "b")).good
    assert judged(ledger, stored("b", "a")).moved == ["id-b"]


def test_two_parties_may_speak_into_each_others_words() -> None:
    ledger = Ledger()
    for word, by in (("a", "customer"), ("x", "agent"), ("b", "customer")):
        ledger.sending(f"id-{word}", by, "text", word)
    for order in (("a", "b", "x"), ("x", "a", "b"), ("a", "x", "b")):
        assert judged(ledger, stored(*order)).good
    assert judged(ledger, stored("b", "x", "a")).moved == ["id-b"]


def spoil_by_dropping(history: History, at: int) -> History:
    return history[:at] + history[at + 1 :]


def spoil_by_doubling(history: History, at: int) -> History:
    return [*history, {**history[at], "seq": len(history) + 1}]


def spoil_by_swapping(history: History, at: int) -> History:
    other = (at + 1) % len(history)
    places = {at: history[other]["seq"], other: history[at]["seq"]}
    return [{**message, "seq": places.get(n, message["seq"])} for n, message in enumerate(history)]


def spoil_by_rewording(history: History, at: int) -> History:
    return [{**m, "body": "other words"} if n == at else m for n, m in enumerate(history)]


def spoil_by_renaming(history: History, at: int) -> History:
    return [{**m, "client_id": "somebody else's"} if n == at else m for n, m in enumerate(history)]


@pytest.mark.parametrize(
    "spoil",
    [spoil_by_dropping, spoil_by_doubling, spoil_by_swapping, spoil_by_rewording, spoil_by_renaming],
)
@settings(max_examples=50, deadline=None)
@given(count=some.integers(2, 12), data=some.data())
def test_one_fault_anywhere_in_any_history_is_never_overlooked(
    spoil: Callable[[History, int], History], count: int, data: some.DataObject
) -> None:
    words = [str(n) for n in range(count)]
    ledger, history = told(*words), stored(*words)
    whole = data.draw(some.booleans())
    assert judged(ledger, history, whole=whole).good
    spoilt = spoil(history, data.draw(some.integers(0, count - 1)))
    assert not judged(ledger, spoilt, whole=whole).good


# What is nobody's fault


def test_what_was_refused_or_taken_back_is_not_missed() -> None:
    ledger = told("a", "b")
    ledger.entries["id-a"].refused = "conversations.closed"
    ledger.entries["id-b"].body = None
    assert judged(ledger, [line(2, "b", body="")], whole=False).good


def test_a_message_of_another_conversation_is_looked_for_there() -> None:
    ledger = told("a")
    entry = ledger.sending("id-later", "customer", "text", "later")
    ledger.acknowledged(entry, {"conversation_id": "d", "seq": 1})
    assert judged(ledger, stored("a")).good
    assert ledger.check("d", stored("later"), {1}, whole=True).good
    assert ledger.check("d", [], (), whole=True).lost == ["id-later"]


def test_a_message_without_a_place_is_missed_wherever_one_looks() -> None:
    ledger = told("a")
    ledger.sending("id-nowhere", "customer", "text", "nowhere")
    assert judged(ledger, stored("a")).lost == ["id-nowhere"]
    assert "id-nowhere" in ledger.check("", [], (), whole=False).lost


@pytest.mark.parametrize(
    ("kind", "unseen"), [("text", ["seq 2"]), ("image", ["seq 2"]), ("note", []), ("event", [])]
)
def test_the_customers_screen_must_show_what_was_said_to_her(kind: str, unseen: list[str]) -> None:
    history = [*stored("a"), {"seq": 2, "kind": kind, "body": "x"}]
    assert judged(told("a"), history, screen=[1]).unseen == unseen
    assert judged(told("a"), history, screen=[1, 2]).good


def test_a_hole_is_no_fault_for_a_reader_who_sees_no_notes() -> None:
    history = [line(1, "a"), line(3, "b")]
    ledger = told("a")
    ledger.acknowledged(ledger.sending("id-b", "customer", "text", "b"), {"conversation_id": "c", "seq": 3})
    assert judged(ledger, history, whole=False).good
    assert judged(ledger, history, whole=True).lost == ["seq 2"]


# Times


def test_delivery_is_from_sending_to_the_first_the_other_side_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("kezhan.simulate.ledger.time.monotonic", lambda: clock[0])
    ledger = Ledger()
    entry = ledger.sending("id-a", "customer", "text", "a")
    clock[0] = 100.5
    ledger.acknowledged(entry, {"conversation_id": "c", "seq": 1})
    ledger.hear("customer", {"conversation_id": "c", "messages": stored("a")})
    assert ledger.delivery_times() == []
    clock[0] = 101.0
    ledger.hear("agent", {"conversation_id": "c", "messages": stored("a")})
    clock[0] = 105.0
    ledger.hear("agent", {"conversation_id": "c", "messages": stored("a")})
    ledger.hear_up_to("agent", "c", 1)
    assert (ledger.acknowledge_times(), ledger.delivery_times()) == ([0.5], [1.0])
    ledger.hear("agent", {"conversation_id": "c", "type": "changed"})
    assert ledger.delivery_times() == [1.0]


def test_what_is_heard_before_it_was_sent_took_no_time() -> None:
    ledger = told("a")
    ledger.entries["id-a"].sent += 60
    ledger.hear_up_to("agent", "c", 1)
    assert ledger.delivery_times() == [0.0]


def test_a_note_is_delivered_to_nobody() -> None:
    ledger = Ledger()
    note = ledger.sending("n", "agent", "note", "inside")
    ledger.acknowledged(note, {"conversation_id": "c", "seq": 1})
    ledger.hear_up_to("customer", "c", 1)
    assert ledger.delivery_times() == []
    totals = Totals()
    totals.add(ledger, Verdict())
    assert (totals.sent, totals.addressed, totals.delivered) == (1, 0, 0)


def test_lists_that_go_back_or_repeat_tell_of_each_message_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("kezhan.simulate.ledger.time.monotonic", lambda: clock[0])
    ledger = told("a", "b", "c")
    for at, last in ((1.0, 2), (2.0, 1), (3.0, 2), (4.0, 3)):
        clock[0] = at
        ledger.hear_up_to("agent", "c", last)
    assert ledger.delivery_times() == [1.0, 1.0, 4.0]


@pytest.mark.parametrize(
    ("values", "percent", "value"),
    [([5], 50, 5), ([5], 99, 5), ([1, 2], 50, 1), ([1, 2], 51, 2), ([3, 1, 2], 0, 1),
     (list(range(100)), 99, 98), (list(range(101)), 99, 99)],
)  # fmt: skip
def test_percentiles_are_counted_from_below(values: list[float], percent: float, value: float) -> None:
    assert percentile(values, percent) == value


# The sums


def test_the_summary_names_ten_of_each_kind_and_counts_all() -> None:
    totals = Totals()
    many = [f"m{n}" for n in range(12)]
    totals.add(told("a"), Verdict(lost=many, doubled=["d"], unseen=["seq 1"], moved=["m"]))
    text = "\n".join(totals.lines())
    assert "lost 12, doubled 1, unseen 1, moved 1" in text
    assert ("  lost: m9" in text, "  lost: m10" in text) == (True, False)
    assert "  moved: m" in text
    assert not totals.good


@pytest.mark.parametrize("fault", ["lost", "doubled", "unseen", "moved"])
def test_one_fault_of_any_kind_is_no_success(fault: str) -> None:
    totals = Totals()
    totals.add(told("a"), Verdict())
    assert totals.good
    totals.add(told("b"), Verdict(**{fault: ["x"]}))
    assert not totals.good


def test_faults_of_the_same_kind_are_one_line_with_their_number_and_without_a_traceback() -> None:
    totals = Totals()
    for _ in range(3):
        totals.add_fault("broken off", ConnectionError("refused\nand a long story"))
    totals.add_fault("not checked", TimeoutError())
    assert totals.lines()[-2:] == ["  3 x broken off: refused", "  1 x not checked: TimeoutError"]
    assert not totals.good


def test_a_run_in_which_nothing_was_delivered_says_so_and_has_no_figures() -> None:
    totals = Totals()
    totals.add(Ledger(), Verdict())
    text = "\n".join(totals.lines())
    assert "messages sent 0, acknowledged 0, refused 0" in text
    assert "acknowledged in -" in text
    assert "delivery is measured where automatic agents serve" in text


def test_a_refused_message_is_counted_as_refused_and_not_as_addressed() -> None:
    ledger = told("a")
    ledger.entries["id-b"] = Entry(
        client_id="id-b", by="customer", kind="text", body="b", sent=1, refused="conversations.closed"
    )
    totals = Totals()
    totals.add(ledger, Verdict())
    assert (totals.sent, totals.acknowledged, totals.refused, totals.addressed) == (2, 1, 1, 1)


# Pacing


@pytest.mark.parametrize(
    ("speed", "seconds", "slept"), [(1, 3, 3), (2, 3, 1.5), (0.5, 3, 6), (0, 3, 0), (200, 1, 0.005)]
)
async def test_speed_divides_every_pause_and_nought_leaves_them_out(
    monkeypatch: pytest.MonkeyPatch, speed: float, seconds: float, slept: float
) -> None:
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    with monkeypatch.context() as patched:
        patched.setattr("kezhan.simulate.play.asyncio.sleep", nap)
        await Tempo(speed=speed).wait(seconds)
    assert naps == [slept]
