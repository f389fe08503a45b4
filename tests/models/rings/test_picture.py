"""Pictures of rings are well-formed, small, and the same for the same ring."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rings.picture import (
    COLOURS,
    MEMBERS_SHOWN,
    Mark,
    PicturedMember,
    PicturedShare,
    mark_of,
    ring_picture,
)

SVG = "{http://www.w3.org/2000/svg}"

members = st.lists(
    st.builds(PicturedMember, st.text("<&'\"A-1", min_size=1, max_size=64), st.sampled_from(list(COLOURS))),
    max_size=80,
)
shares = st.lists(
    st.builds(PicturedShare, st.sampled_from(["device_id", "bank_card"]), st.lists(st.integers(-1, 80)).map(tuple)),
    max_size=60,
)


@given(members, shares)
def test_any_ring_gives_well_formed_svg_of_less_than_32_kb_and_always_the_same(
    ring: list[PicturedMember], shared: list[PicturedShare]
) -> None:
    picture = ring_picture("A ring", ring, shared)
    ElementTree.fromstring(picture)  # noqa: S314 - made here
    assert len(picture.encode()) < 32 * 1024
    assert ring_picture("A ring", ring, shared) == picture


def test_a_ring_of_the_longest_ids_in_which_all_share_everything_stays_below_32_kb() -> None:
    ring = [PicturedMember("A" * 64, "fraud") for _ in range(300)]
    shared = [PicturedShare("contact_phone", tuple(range(300))) for _ in range(300)]
    assert len(ring_picture("T" * 100, ring, shared).encode()) < 32 * 1024


def test_members_are_circles_with_their_ids_and_identifiers_are_squares_with_their_kind() -> None:
    ring = [PicturedMember("A-1", "fraud"), PicturedMember("A-2", "approve"), PicturedMember("A-3")]
    tree = ElementTree.fromstring(ring_picture("A ring", ring, [PicturedShare("bank_card", (0, 1, 2))]))  # noqa: S314
    assert [title.text for title in tree.iter(f"{SVG}title")] == ["A-1", "A-2", "A-3"]
    texts = [text.text for text in tree.iter(f"{SVG}text")]
    assert texts == ["A ring", "bank card", "confirmed fraud 1", "approved 1", "not decided 1"]
    [lines] = [path.attrib["d"] for path in tree.iter(f"{SVG}path")]
    assert lines.count("M") == 3


def test_what_only_one_of_the_drawn_members_has_is_not_drawn() -> None:
    picture = ring_picture("A ring", [PicturedMember("A-1"), PicturedMember("A-2")], [PicturedShare("phone", (0, 7))])
    assert "phone" not in picture


@pytest.mark.parametrize(("size", "more"), [(MEMBERS_SHOWN, False), (MEMBERS_SHOWN + 1, True)])
def test_a_picture_says_how_many_members_it_leaves_out(size: int, more: bool) -> None:
    picture = ring_picture("A ring", [PicturedMember(f"A-{number}") for number in range(size)], [])
    assert ("and 1 more" in picture) is more


@pytest.mark.parametrize(
    ("label", "listed", "decision", "mark"),
    [
        ("fraud", True, "approve", "fraud"),
        ("", True, "reject", "listed"),
        ("honest", False, "reject", "reject"),
        ("honest", False, "approve", "honest"),
        ("", False, "approve", "approve"),
        ("", False, "", ""),
    ],
)
def test_the_gravest_that_is_known_of_an_application_is_shown(
    label: str, listed: bool, decision: str, mark: Mark
) -> None:
    assert mark_of(label, listed, decision) == mark
