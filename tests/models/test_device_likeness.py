import pytest

from models.device_likeness import alike, guise
from models.facts import PlaceFacts
from models.ip_addresses import read_ip
from tests.builders import CELL

SPOT, IP, OTHER_IP = PlaceFacts(gps_cell=CELL), read_ip("203.0.113.9"), read_ip("198.51.100.7")


@pytest.mark.parametrize(
    ("model", "os"),
    [("HUAWEI Mate 60", "Android 14"), ("huawei-mate60", "android"), (" HUAWEI MATE 60 ", "Android 15")],
)
def test_one_model_written_differently_is_one_guise(model: str, os: str) -> None:
    assert guise(model, os) == "huaweimate60\0android"


def test_a_model_without_a_system_has_a_guise_and_a_system_without_a_model_has_none() -> None:
    assert guise("M60", None) == "m60\0"
    assert guise("M60", " ") == "m60\0"
    assert guise(None, "android") is None
    assert guise(" - ", "android") is None


def test_devices_are_alike_by_model_system_and_cell_whatever_their_address() -> None:
    assert alike("M60", "android", SPOT, IP) == alike("m 60", "Android 14", SPOT, OTHER_IP) == f"m60\0android\0{CELL}"
    assert alike("M60", "ios", SPOT, IP) != alike("M60", "android", SPOT, IP)


def test_the_address_block_is_the_place_where_no_cell_is_known() -> None:
    assert alike("M60", "android", None, IP) == "m60\0android\x00203.0.113.0/24"
    assert alike("M60", "android", PlaceFacts(), IP) == alike("M60", "android", None, IP)


def test_without_a_place_nothing_is_alike() -> None:
    assert alike("M60", "android", None, None) is None
    assert alike("M60", "android", None, read_ip("192.168.1.2")) is None
    assert alike(None, "android", SPOT, IP) is None
