from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.ip_addresses import normalise_ip, read_ip


def test_an_ipv4_address_has_its_24_bit_block() -> None:
    assert read_ip("203.0.113.9") == ("203.0.113.9", "203.0.113.0/24", 4, False)


def test_an_ipv6_address_has_its_48_bit_block() -> None:
    assert read_ip("2400:DA00:2::0029") == ("2400:da00:2::29", "2400:da00:2::/48", 6, False)


def test_an_ipv4_address_mapped_into_ipv6_is_the_ipv4_address() -> None:
    assert read_ip("::ffff:203.0.113.9") == read_ip("203.0.113.9")


def test_spaces_around_and_a_zone_do_not_matter() -> None:
    assert normalise_ip(" 203.0.113.9\n") == "203.0.113.9"
    assert normalise_ip("fe80::1%eth0") == "fe80::1"


@pytest.mark.parametrize(
    "raw", ["", "unknown", "203.0.113", "203.0.113.256", "203.0.113.9:8080", "1.2.3.4, 5.6.7.8", "%"]
)
def test_what_is_no_address_is_missing(raw: str) -> None:
    assert read_ip(raw) is None
    assert normalise_ip(raw) is None


@pytest.mark.parametrize(
    ("hidden", "public"),
    [
        ("10.255.255.255", "11.0.0.0"),
        ("100.64.0.0", "100.63.255.255"),
        ("127.0.0.1", "128.0.0.1"),
        ("169.254.0.1", "169.253.255.255"),
        ("172.31.255.255", "172.32.0.0"),
        ("192.168.0.0", "192.167.255.255"),
        ("224.0.0.0", "223.255.255.255"),
        ("255.255.255.255", "198.51.100.7"),
        ("::1", "::2"),
        ("fd00::1", "2001:db8::1"),
        ("fe80::1", "2408:8000::1"),
        ("::ffff:10.0.0.1", "::ffff:8.8.8.8"),
    ],
)
def test_private_and_reserved_addresses_are_told_from_public_ones(hidden: str, public: str) -> None:
    assert (read_ip(hidden) or pytest.fail()).private is True
    assert (read_ip(public) or pytest.fail()).private is False


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_an_address_lies_in_its_block_and_has_one_spelling(address: IPv4Address | IPv6Address) -> None:
    spelling = address.exploded
    facts = read_ip(spelling) or pytest.fail()
    assert ip_address(facts.address) in ip_network(facts.block)
    assert facts.version == ip_network(facts.block).version
    assert read_ip(facts.address) == facts


@given(st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", fullmatch=True))
@example("01.2.3.4")
@example("255.255.255.255")
@example("0.0.0.1")
def test_four_numbers_with_dots_are_read_as_the_standard_library_reads_them(raw: str) -> None:
    try:
        expected = str(IPv4Address(raw))
    except ValueError:
        assert read_ip(raw) is None
    else:
        assert (read_ip(raw) or pytest.fail()).address == expected


@given(st.text(max_size=50))
def test_any_text_can_be_read(raw: str) -> None:
    read_ip(raw)
