"""The same address, written as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.near.addresses import read_address

AS_REGISTERED = "山东省青岛市市南区香港中路10号2单元501室"


@pytest.mark.parametrize(
    "written",
    [
        "青岛市市南区香港中路10号2单元501室",
        "市南区香港中路10号2单元501",
        "香港中路１０号２单元５０１室",
        "香港中路10#2-501",
        "香港中路10号，2单元，501室",
        "香港中路 10 号 2 单元 501 室",
        "香港中路十号二单元五〇一室",
        "501室2单元10号香港中路",
        "中国山东省青岛市市南区香港中路010号2单元501室",
    ],
)
def test_it_is_read_alike_however_it_is_written(written: str) -> None:
    assert read_address(written) == read_address(AS_REGISTERED)


@pytest.mark.parametrize(
    "other",
    ["香港中路10号2单元502室", "香港中路10号3单元501室", "香港东路10号2单元501室", "香港中路10号501室"],
)
def test_a_neighbour_is_read_otherwise(other: str) -> None:
    assert read_address(other) != read_address(AS_REGISTERED)


def test_an_estate_is_not_taken_for_a_district() -> None:
    assert read_address("北京市朝阳区阳光小区3号楼502") == read_address("阳光小区3号楼502")


@pytest.mark.parametrize("text", ["", "李家村", "北京市12号", "100号", "青岛市", "。。。"])
def test_an_address_without_house_or_street_is_like_none(text: str) -> None:
    assert read_address(text) is None


@given(st.text(max_size=64))
def test_any_text_can_be_read(text: str) -> None:
    place = read_address(text)
    assert place is None or (place.numbers and 2 <= len(place.words) <= 6)
