"""The contract of every link index: the same event twice, several events of one application, results, labels."""

from msgspec.structs import replace

from models.enrichment import Neighbour
from streams.index.layout import EVENTS_PER_APPLICATION, IDENTIFIERS_PER_APPLICATION
from streams.index.protocol import LabelFlagChange, LinkIndex, ResultToRemember, StoredResult, decode_stored
from tests.builders import CELL, NOON_MS, application
from tests.streams.index.observing import observe


async def seen_from(index: LinkIndex, device_id: str) -> Neighbour:
    """The one application with that device, as another one sees it now."""
    (neighbour,) = (await observe(index, application("A-probe", device_id=device_id))).neighbours
    return neighbour


def result(event: str = "e-A-1", application_id: str = "A-1", **fields: object) -> ResultToRemember:
    defaults = ResultToRemember(
        event_id=event,
        application_id=application_id,
        occurred_ms=NOON_MS,
        decision_flag="review",
        result=StoredResult(b'{"decision":"review"}', [], b"audit"),
        alert_ids=[],
    )
    return replace(defaults, **fields)


async def test_the_same_event_again_writes_nothing_and_reads_the_same(index: LinkIndex) -> None:
    facts = application("A-2", device_id="d", contacts=["n"], merchant_id="m", gps_cell=CELL)
    first = await observe(index, application("A-1", device_id="d", gps_cell=CELL), facts)
    for _ in range(2):
        again = await observe(index, facts)
        assert again.duplicate
        assert replace(again, duplicate=False) == first
    probe = await observe(index, application("A-3", device_id="d"))
    assert probe.velocity[-1].counts == [3] * 5


async def test_an_application_that_comes_again_counts_once(index: LinkIndex) -> None:
    await observe(index, application("A-1", device_id="d"), application("A-1", event_id="e-2", device_id="d"))
    probe = await observe(index, application("A-2", device_id="d"))
    assert probe.velocity[-1].counts == [2] * 5
    assert len(probe.neighbours) == 1


async def test_resubmissions_are_the_events_before(index: LinkIndex) -> None:
    events = [application("A-1", event_id=f"e-{i}", at_ms=NOON_MS + i) for i in range(3)]
    for position in (2, 0, 1):
        await observe(index, events[position])
    assert [(await observe(index, event)).resubmissions for event in events] == [0, 1, 2]


async def test_every_event_of_an_application_is_known_again(index: LinkIndex) -> None:
    events = [application("A-1", event_id=f"e-{i}", at_ms=NOON_MS + i) for i in range(EVENTS_PER_APPLICATION)]
    first = await index.observe(events)
    again = await index.observe(events)
    assert [observation.duplicate for observation in [*first, *again]] == [False] * 64 + [True] * 64
    await observe(index, application("A-1", event_id="e-new", at_ms=NOON_MS + 100))
    assert (await observe(index, events[0])).duplicate


async def test_an_application_gathers_a_bounded_number_of_identifiers(index: LinkIndex) -> None:
    per_event = 20
    for i in range(IDENTIFIERS_PER_APPLICATION // per_event + 2):
        contacts = [f"c-{i}-{j}" for j in range(per_event)]
        observation = await observe(index, application("A-1", event_id=f"e-{i}", at_ms=NOON_MS + i, contacts=contacts))
    assert len(observation.velocity) == IDENTIFIERS_PER_APPLICATION


async def test_the_first_result_of_an_event_stands(index: LinkIndex) -> None:
    await observe(index, application("A-1"))
    other = result(result=StoredResult(b"other", [], None), decision_flag="approve")
    (first,) = await index.remember([result()])
    (second,) = await index.remember([other])
    assert (first.first, first.result) == (True, result().result)
    assert (second.first, second.result, second.new_alerts) == (False, result().result, [])


async def test_an_event_that_was_decided_comes_with_its_result(index: LinkIndex) -> None:
    first = await observe(index, application("A-1"))
    assert first.earlier is None
    await index.remember([result()])
    again = await observe(index, application("A-1"))
    assert again.earlier is not None
    assert decode_stored(again.earlier) == result().result


async def test_a_settled_result_has_no_audit_copy_any_more(index: LinkIndex) -> None:
    await index.remember([result(), result("e-2")])
    await index.settle(["e-A-1", "e-unknown"])
    await index.settle([])
    settled, unsettled = await index.remember([result(), result("e-2")])
    assert settled.result.audit is None
    assert unsettled.result.audit == b"audit"


async def test_an_alert_belongs_to_the_event_that_raised_it_first(index: LinkIndex) -> None:
    alerts = StoredResult(b"{}", [b"ring", b"burst"], None)
    (first,) = await index.remember([result("e-1", result=alerts, alert_ids=["ring-1", "burst-1"])])
    (second,) = await index.remember([result("e-2", result=alerts, alert_ids=["ring-1", "burst-2"])])
    assert first.new_alerts == [True, True]
    assert second.new_alerts == [False, True]
    again_first, again_second = await index.remember([result("e-1"), result("e-2")])
    assert again_first.result.alerts == [b"ring", b"burst"]
    assert again_second.result.alerts == [b"burst"]


async def test_neighbours_show_the_decision_of_their_newest_event(index: LinkIndex) -> None:
    await observe(index, application("A-1", device_id="d"))
    await index.remember([result("e-2", decision_flag="reject", occurred_ms=NOON_MS + 1)])
    await index.remember([result("e-1", decision_flag="approve", occurred_ms=NOON_MS)])
    assert (await seen_from(index, "d")).decision == "reject"


async def test_a_label_is_seen_by_neighbours_even_when_it_came_first(index: LinkIndex) -> None:
    await index.set_labels([LabelFlagChange(application_id="A-1", flag="fraud", occurred_ms=NOON_MS)])
    await observe(index, application("A-1", device_id="d"))
    assert (await seen_from(index, "d")).label == "fraud"


async def test_of_two_labels_the_newer_stands_and_fraud_at_the_same_moment(index: LinkIndex) -> None:
    def label(flag: str, at_ms: int) -> LabelFlagChange:
        return LabelFlagChange(application_id="A-1", flag="fraud" if flag == "fraud" else "honest", occurred_ms=at_ms)

    await observe(index, application("A-1", device_id="d"))
    await index.set_labels([label("honest", NOON_MS), label("fraud", NOON_MS - 1)])
    assert (await seen_from(index, "d")).label == "honest"
    await index.set_labels([label("fraud", NOON_MS), label("honest", NOON_MS)])
    assert (await seen_from(index, "d")).label == "fraud"
    await index.set_labels([label("honest", NOON_MS + 1)])
    assert (await seen_from(index, "d")).label == "honest"


async def test_a_label_alone_makes_no_neighbour(index: LinkIndex) -> None:
    await index.set_labels([LabelFlagChange(application_id="A-1", flag="fraud", occurred_ms=NOON_MS)])
    assert (await observe(index, application("A-2", device_id="d"))).neighbours == []
