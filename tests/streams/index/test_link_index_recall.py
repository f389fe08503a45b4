"""The contract of every link index: what became of the money, and looking at what is there without writing."""

from __future__ import annotations

import itertools

import pytest

from models.enrichment import LoanFlag
from models.facts import ApplicationFacts, Identifier
from models.recall.seen import Holder, SeenApplication, Shared
from models.rings.state import RingJoin, ring_id_of
from streams.index.layout import short_hash
from streams.index.protocol import (
    LabelFlagChange,
    LinkIndex,
    LoanChange,
    PastDecision,
    ResultToRemember,
    StoredResult,
)
from tests.builders import DAY_MS, NOON_MS, application, token
from tests.streams.index.observing import observe


async def look(index: LinkIndex, application_id: str) -> SeenApplication:
    (seen,) = await index.look([short_hash(application_id)])
    assert seen is not None
    return seen


def holder(facts: ApplicationFacts) -> Holder:
    return Holder(short_hash(facts.application_id), facts.applicant_token[:8])


def decision(flag: str, event: str = "e-A-1", at_ms: int = NOON_MS) -> PastDecision:
    return PastDecision(event_id=event, application_id="A-1", occurred_ms=at_ms, decision_flag=flag)  # type: ignore[arg-type]


@pytest.mark.parametrize("order", list(itertools.permutations(["repaid", "disbursed", "disbursed"])))
async def test_money_that_came_back_stays_back_whatever_the_order(index: LinkIndex, order: list[LoanFlag]) -> None:
    for at, loan in enumerate(order[:2]):
        await index.set_loans([LoanChange(application_id="A-1", loan=loan, occurred_ms=NOON_MS - at)])
    await observe(index, application("A-1"))
    await index.set_labels([LabelFlagChange(application_id="A-1", flag="honest", occurred_ms=NOON_MS, usual=True)])
    await index.set_loans([LoanChange(application_id="A-1", loan=order[2], occurred_ms=NOON_MS)])
    seen = await look(index, "A-1")
    assert (seen.loan, seen.label) == ("repaid", "honest")


async def test_money_changes_nothing_that_neighbours_see(index: LinkIndex) -> None:
    await observe(index, application("A-1", device_id="d"))
    before = await observe(index, application("A-2", device_id="d"))
    await index.set_loans([LoanChange(application_id="A-1", loan="disbursed", occurred_ms=NOON_MS)])
    after = await observe(index, application("A-2", device_id="d"))
    assert (after.neighbours, after.profiles) == (before.neighbours, before.profiles)
    assert (await look(index, "A-1")).loan == "disbursed"
    assert (await look(index, "A-2")).loan == ""


async def test_an_application_is_seen_with_what_it_shares_and_whom_with(index: LinkIndex) -> None:
    mine = application("A-1", device_id="d", bank_card="b", merchant_id="m", amount_cny=12.5)
    later = application("A-2", device_id="d", bank_card="b", merchant_id="m", at_ms=NOON_MS + 1, channel="store")
    await observe(index, mine, later)
    await index.set_decisions([decision("approve")])
    await index.set_labels([LabelFlagChange(application_id="A-1", flag="fraud", occurred_ms=NOON_MS)])
    seen = await look(index, "A-1")
    assert (seen.application_id, seen.occurred_ms, seen.applicant, seen.amount_cny) == (
        "A-1",
        NOON_MS,
        mine.applicant_token[:8],
        12.5,
    )
    assert (seen.decision, seen.label, seen.loan) == ("approve", "fraud", "")
    assert sorted(seen.shared, key=lambda each: each.kind) == [
        Shared(kind, token(kind, value)[:13], {"h5": 1, "store": 1}, [holder(later)])
        for kind, value in (("bank_card", "b"), ("device_id", "d"))
    ]


async def test_those_who_share_are_named_newest_first_and_within_the_retention(index: LinkIndex) -> None:
    crowd = [application(f"A-{day}", device_id="d", at_ms=NOON_MS + day * DAY_MS) for day in (0, 1, 50, 90, 91)]
    await observe(index, *crowd)
    (shared,) = (await look(index, "A-0")).shared
    assert shared.others == [holder(crowd[2]), holder(crowd[1])]
    (shared,) = (await look(index, "A-50")).shared
    assert shared.others == [holder(crowd[i]) for i in (4, 3, 1, 0)]


async def test_a_contacts_number_leads_to_who_names_it_and_who_has_it(index: LinkIndex) -> None:
    names, also, has = (
        application("A-1", contacts=["n"]),
        application("A-2", contacts=["n"], at_ms=NOON_MS + 1),
        application("A-3", phone="n", at_ms=NOON_MS + 2),
    )
    await observe(index, names, also, has)
    for facts in (names, also, has):
        (shared,) = (await look(index, facts.application_id)).shared
        assert shared.kind == "contact_phone"
        assert set(shared.others) == {holder(each) for each in (names, also, has) if each is not facts}


async def test_looking_writes_nothing_and_knows_nobody_who_was_only_spoken_of(index: LinkIndex) -> None:
    await index.set_loans([LoanChange(application_id="A-9", loan="disbursed", occurred_ms=NOON_MS)])
    await observe(index, application("A-1", device_id="d"))
    assert await index.look([short_hash("A-9"), short_hash("A-8")]) == [None, None]
    names = [short_hash("A-1")] * 60
    assert [seen.application_id for seen in await index.look(names) if seen] == ["A-1"] * 60
    assert (await observe(index, application("A-2", device_id="d"))).velocity[-1].degree == 2


async def test_holders_of_identifiers_are_named_newest_first(index: LinkIndex) -> None:
    await observe(index, *[application(f"A-{i}", device_id="d", at_ms=NOON_MS + i) for i in range(3)])
    await observe(index, application("A-9", bank_card="b"))
    wanted = [
        Identifier("device_id", token("device_id", "d")),
        Identifier("ip", "none"),
        Identifier("bank_card", token("bank_card", "b")),
    ]
    assert await index.holders(wanted) == [[short_hash(f"A-{i}") for i in (2, 1, 0)], [], [short_hash("A-9")]]
    assert await index.holders([]) == []


@pytest.mark.parametrize("order", list(itertools.permutations(["approve", "review", "reject"])))
async def test_of_several_decisions_on_one_event_the_strictest_stands(index: LinkIndex, order: list[str]) -> None:
    await observe(index, application("A-1"))
    await index.set_decisions([decision(each) for each in order])
    assert (await look(index, "A-1")).decision == "reject"


async def test_the_decision_on_a_newer_event_stands_however_mild(index: LinkIndex) -> None:
    await observe(index, application("A-1"))
    await index.set_decisions([decision("reject"), decision("approve", "e-2", NOON_MS + 1), decision("reject")])
    assert (await look(index, "A-1")).decision == "approve"


async def test_what_a_recall_found_first_stands(index: LinkIndex) -> None:
    assert await index.keep_recalls([("l-1", b"\xffone"), ("l-2", b"two")]) == [b"\xffone", b"two"]
    assert await index.keep_recalls([("l-2", b"three"), ("l-1", b"")]) == [b"two", b"\xffone"]
    assert await index.keep_recalls([]) == []


async def test_an_application_names_the_ring_that_it_is_in_now(index: LinkIndex) -> None:
    await observe(index, *[application(f"A-{i}") for i in range(1, 6)])

    async def join(event: str, founder: str, *members: str) -> None:
        ring = RingJoin(ring_id=ring_id_of(founder), founded_ms=NOON_MS, members=list(members), shared=[])
        await index.remember(
            [
                ResultToRemember(
                    event_id=event,
                    application_id=members[0],
                    occurred_ms=NOON_MS,
                    decision_flag="approve",
                    result=StoredResult(b"", [], None),
                    alert_ids=[],
                    ring=ring,
                )
            ]
        )

    await join("e-1", "A-1", "A-1", "A-2")
    await join("e-3", "A-3", "A-3", "A-4")
    first, third = (await look(index, "A-2")).ring_id, (await look(index, "A-4")).ring_id
    assert (first, third) == (ring_id_of("A-1"), ring_id_of("A-3"))
    await join("e-2", "A-1", "A-2", "A-3")
    assert {(await look(index, f"A-{i}")).ring_id for i in range(1, 5)} <= {first, third}
    assert len({(await look(index, f"A-{i}")).ring_id for i in range(1, 5)}) == 1
    assert (await look(index, "A-5")).ring_id is None
