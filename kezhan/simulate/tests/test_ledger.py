"""The checker can fail: what is lost, doubled, altered or not shown is found."""

import pytest

from kezhan.simulate.ledger import Ledger, Totals, percentile
from kezhan.simulate.thread import Json


def book(count: int = 3, kind: str = "text") -> tuple[Ledger, list[Json]]:
    """Messages that were all acknowledged, and the history that holds them."""
    ledger, history = Ledger(), []
    for seq in range(1, count + 1):
        entry = ledger.sending(f"m{seq}", "customer", kind, f"text {seq}")
        ledger.acknowledged(entry, {"conversation_id": "c", "seq": seq})
        history.append({"seq": seq, "kind": kind, "client_id": f"m{seq}", "body": f"text {seq}"})
    return ledger, history


def test_a_complete_history_is_good() -> None:
    ledger, history = book()
    assert ledger.check("c", history, {1, 2, 3}, whole=True).good


def test_a_lost_message_is_noticed() -> None:
    ledger, history = book()
    verdict = ledger.check("c", [history[0], history[2]], {1, 3}, whole=True)
    assert verdict.lost == ["m2", "seq 2"]


def test_a_lost_last_message_is_noticed() -> None:
    ledger, history = book()
    assert ledger.check("c", history[:2], {1, 2}, whole=False).lost == ["m3"]


def test_a_message_that_was_never_acknowledged_and_never_stored_is_lost() -> None:
    ledger, history = book()
    ledger.sending("m4", "customer", "text", "late")
    assert ledger.check("c", history, {1, 2, 3}, whole=True).lost == ["m4"]


def test_a_doubled_message_is_noticed() -> None:
    ledger, history = book()
    twice = [*history, {**history[0], "seq": 4}]
    assert ledger.check("c", twice, {1, 2, 3, 4}, whole=True).doubled == ["m1"]


def test_a_doubled_number_is_noticed() -> None:
    ledger, history = book()
    twice = [*history, {**history[0], "client_id": "other"}]
    assert ledger.check("c", twice, {1, 2, 3}, whole=True).doubled == ["seq 1"]


def test_altered_words_count_as_lost_but_for_the_ones_the_sender_changed() -> None:
    ledger, history = book()
    history[1] = {**history[1], "body": "something else"}
    assert ledger.check("c", history, {1, 2, 3}, whole=True).lost == ["m2"]
    ledger.entries["m2"].body = "something else"
    assert ledger.check("c", history, {1, 2, 3}, whole=True).good


def test_what_the_customers_screen_does_not_show_is_noticed() -> None:
    ledger, history = book()
    assert ledger.check("c", history, {1, 3}, whole=True).unseen == ["seq 2"]


def test_a_refused_message_is_not_lost_and_a_note_is_looked_for_by_agents_only() -> None:
    ledger, history = book(1)
    ledger.sending("m2", "customer", "text", "no").refused = "conversations.empty"
    note = ledger.sending("m3", "agent", "note", "inside")
    ledger.acknowledged(note, {"conversation_id": "c", "seq": 2})
    assert ledger.check("c", history, {1}, whole=False).good
    assert ledger.check("c", history, {1}, whole=True).lost == ["m3"]


def test_the_sums_of_a_run_count_each_message_once() -> None:
    totals = Totals()
    for count in (3, 2):
        ledger, history = book(count)
        ledger.hear("agent", {"conversation_id": "c", "messages": history[:1]})
        ledger.hear_up_to("agent", "c", 2)
        totals.add(ledger, ledger.check("c", history[1:], {2, 3}, whole=False))
    assert (totals.conversations, totals.sent, totals.acknowledged) == (2, 5, 5)
    assert (totals.delivered, totals.addressed) == (4, 5)
    assert totals.lost == ["m1", "m1"]
    assert not totals.good
    assert "lost 2, doubled 0, unseen 0" in "\n".join(totals.lines())


def test_a_conversation_that_could_not_be_checked_is_no_success() -> None:
    totals = Totals()
    totals.add_fault("not checked", TimeoutError())
    assert not totals.good
    assert totals.lines()[-1] == "  1 x not checked: TimeoutError"


@pytest.mark.parametrize(("percent", "value"), [(50, 2), (99, 4), (100, 4), (1, 1)])
def test_percentiles_are_values_that_were_measured(percent: float, value: float) -> None:
    assert percentile([4, 1, 3, 2], percent) == value
