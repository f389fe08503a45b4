"""Decisions against the truth: counted by typology, and the targets met at their thresholds."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from models.decision import Reason, Verdict
from scripts.demonstration.detection import Flagged, Target, Typology, because_of_links, by_typology, targets
from scripts.simulator.fraud import FRAUD, SHIFT
from scripts.simulator.honest import HONEST
from scripts.simulator.records import GroundTruth
from tests.scripts.demonstration.published import decision, truth

RING: list[GroundTruth] = [truth(f"A-{position}", "device_farm", position) for position in range(1, 5)]


def row(rows: list[Typology], name: str) -> Typology:
    return next(each for each in rows if each.name == name)


def target(name: str, fraud: Flagged, **honest: Flagged) -> Target:
    rows = [Typology(name="device_farm", fraud=True, every=Flagged(), late=fraud)]
    rows += [
        Typology(name=each, fraud=False, every=honest.get(each, Flagged()), late=Flagged())
        for each in ("none", "kiosk", "dormitory")
    ]
    return next(each for each in targets(rows) if each.name == name)


def test_review_and_reject_are_flagged_and_approve_is_not() -> None:
    verdicts: dict[str, Verdict] = {"A-1": "approve", "A-2": "review", "A-3": "reject", "A-4": "approve"}
    farm = row(by_typology(RING, verdicts), "device_farm")
    assert farm.fraud
    assert farm.every == Flagged(4, 2)


def test_from_the_third_of_a_ring_on_it_counts_as_late() -> None:
    verdicts: dict[str, Verdict] = {"A-1": "review", "A-2": "review", "A-3": "review", "A-4": "approve"}
    assert row(by_typology(RING, verdicts), "device_farm").late == Flagged(2, 1)


def test_honest_applications_are_never_late() -> None:
    kiosk = row(by_typology([truth("A-1", "kiosk")], {"A-1": "reject"}), "kiosk")
    assert not kiosk.fraud
    assert (kiosk.every, kiosk.late) == (Flagged(1, 1), Flagged())


def test_an_application_without_a_decision_is_left_out() -> None:
    assert row(by_typology(RING, {"A-1": "reject"}), "device_farm").every == Flagged(1, 1)


def test_every_typology_has_one_row_even_when_it_did_not_occur() -> None:
    names = [each.name for each in by_typology([], {})]
    assert len(names) == len(set(names))
    assert set(names) == {each.name for each in (*FRAUD, *HONEST)}


def test_what_a_shift_brings_has_a_row_when_it_occurred_and_no_part_in_the_target() -> None:
    truths = [truth(f"A-{position}", SHIFT.name, position) for position in range(1, 5)]
    rows = by_typology(truths, {each.application_id: "approve" for each in truths})
    assert row(rows, SHIFT.name).every == Flagged(4, 0)
    assert targets(rows)[0].measured == Flagged()


def test_the_share_of_nothing_is_unknown_and_no_target_is_met_or_missed_by_it() -> None:
    assert Flagged().share is None
    assert target("kiosk", Flagged()).met is None


@pytest.mark.parametrize(("flagged", "met"), [(89, False), (90, True), (91, True)])
def test_fraud_meets_its_target_at_90_percent(flagged: int, met: bool) -> None:
    assert target("fraud, 3rd of its ring on", Flagged(100, flagged)).met is met


@pytest.mark.parametrize(("linked", "met"), [(0, True), (1, True), (2, False)])
def test_honest_applications_held_back_because_of_links_meet_their_limit_at_1_percent(linked: int, met: bool) -> None:
    people = [truth(f"A-{number}", "none") for number in range(100)]
    verdicts: dict[str, Verdict] = {each.application_id: "review" for each in people}
    rows = by_typology([*people, *RING], verdicts | {"A-1": "review"}, [f"A-{number}" for number in range(linked)])
    found = next(each for each in targets(rows) if each.name == "honest, because of links")
    assert (found.measured, found.met) == (Flagged(100, linked), met)


@pytest.mark.parametrize(
    ("codes", "linked"),
    [(["RING_LARGE"], True), (["RING_GROWING", "DEVICE_EMULATOR"], False), (["FACE_REUSED", "CONTACT_SHARED"], True)],
)
def test_links_alone_hold_back_who_has_no_other_reason(codes: list[str], linked: bool) -> None:
    reasons = [Reason(code=code, effect="review") for code in codes]
    noted = Reason(code="DEVICE_VPN", effect="note")
    assert because_of_links(replace(decision("A-1", "review"), reasons=[*reasons, noted])) is linked
    assert not because_of_links(replace(decision("A-1"), reasons=[noted]))


@pytest.mark.parametrize(("flagged", "met"), [(2, True), (3, True), (4, False)])
@pytest.mark.parametrize("name", ["kiosk", "dormitory"])
def test_each_crowded_place_meets_its_limit_at_3_percent_by_itself(name: str, flagged: int, met: bool) -> None:
    measured = target(name, Flagged(), **{name: Flagged(100, flagged), "none": Flagged(10_000, 0)})
    assert measured.met is met


@pytest.mark.parametrize(("flagged", "met"), [(5, True), (6, True), (7, False)])
def test_honest_applications_meet_their_limit_at_3_percent_all_together(flagged: int, met: bool) -> None:
    assert target("honest applications", Flagged(), kiosk=Flagged(100, 4), none=Flagged(100, flagged - 4)).met is met
