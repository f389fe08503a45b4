"""People who could exist and do not: every number is drawn, and valid by its own check digit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from models.events import Contact, Employer
from scripts.simulator.cities import City
from scripts.simulator.devices import Handset, ordinary_handset
from scripts.simulator.places import Place, building, near, random_city, room, somewhere_in
from scripts.simulator.world import World

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国文辉鑫宇浩然子涵欣怡梓萱晨阳雨婷佳琪思远志博雪梅春燕"

MOBILE_PREFIXES = (
    *(134, 135, 136, 137, 138, 139, 147, 150, 151, 152, 157, 158, 159, 178, 182, 183, 184, 187, 188, 198),
    *(130, 131, 132, 155, 156, 166, 176, 185, 186),
    *(133, 153, 173, 177, 180, 181, 189, 191, 199),
    192,
)
"""Of China Mobile, Unicom, Telecom and Broadnet, as the ministry assigned them."""

VIRTUAL_PREFIXES = (162, 165, 167, 170, 171)
"""Virtual operators: easier to get in numbers, so rings have more of them."""

CARD_BINS = (("622202", 19), ("621700", 19), ("622848", 19), ("621661", 19), ("622588", 16), ("621483", 16))
"""Issuer prefixes of large mainland banks' debit cards, with the card's length."""

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""Weights of the first 17 digits, GB 11643-1999 (ISO 7064 MOD 11-2)."""

EMAIL_DOMAINS = ("example.com", "example.net", "example.org")
"""Reserved for examples by RFC 2606: nobody's."""


@dataclass
class Person:
    """One applicant's lasting facts. A story changes the ones that its people share."""

    name: str
    id_number: str
    phone: str
    city: City
    home: Place
    address: str
    handset: Handset
    face_id: str
    income_monthly_cny: float
    email: str | None = None
    bank_card: str | None = None
    employer: Employer | None = None
    contacts: list[Contact] = field(default_factory=list)


def id_check_digit(first_17: str) -> str:
    """The last character of a mainland ID number (GB 11643-1999)."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def id_number(rng: Random, city: City, born: date) -> str:
    """A valid 18-character ID number of somebody registered in `city`."""
    code, _ = rng.choice(city.districts)
    first_17 = f"{code}{born:%Y%m%d}{rng.randint(1, 999):03d}"
    return first_17 + id_check_digit(first_17)


def luhn_digit(digits: str) -> str:
    """The check digit to put after `digits` (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))]
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def bank_card(rng: Random) -> str:
    prefix, length = rng.choice(CARD_BINS)
    digits = prefix + "".join(rng.choices("0123456789", k=length - len(prefix) - 1))
    return digits + luhn_digit(digits)


def mobile_phone(rng: Random, *, virtual_share: float = 0.02) -> str:
    """A mainland mobile number, now and then of a virtual operator."""
    prefixes = VIRTUAL_PREFIXES if rng.random() < virtual_share else MOBILE_PREFIXES
    return f"{rng.choice(prefixes)}{rng.randint(10_000_000, 99_999_999)}"


def full_name(rng: Random) -> str:
    return rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=2 if rng.random() < 0.78 else 1))


def email(rng: Random) -> str:
    local = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(5, 9)))
    return f"{local}{rng.randint(1, 9_999)}@{rng.choice(EMAIL_DOMAINS)}"


def contact(rng: Random, relation: str) -> Contact:
    return Contact(name=full_name(rng), phone=mobile_phone(rng), relation=relation)


def ordinary_contacts(rng: Random) -> list[Contact]:
    """Two contacts as a rule: kin first, then a friend or colleague; some people give one, three or none."""
    count = rng.choices((0, 1, 2, 3), (4, 20, 60, 16))[0]
    kin = rng.choice(("spouse", "parent", "sibling"))
    return [contact(rng, relation) for relation in (kin, rng.choice(("friend", "colleague")), "relative")[:count]]


def age_years(rng: Random) -> float:
    return min(56.0, max(20.5, rng.gauss(33, 8)))


def ordinary_person(rng: Random, world: World, today: date, city: City | None = None) -> Person:
    """An adult of working age who lives in `city` (drawn by population when not given)."""
    city = city or random_city(rng)
    registered = city if rng.random() < 0.6 else random_city(rng)
    return Person(
        name=full_name(rng),
        id_number=id_number(rng, registered, today - timedelta(days=age_years(rng) * 365.25)),
        phone=mobile_phone(rng),
        city=city,
        home=somewhere_in(rng, city),
        address=building(rng, city) + room(rng),
        handset=ordinary_handset(rng),
        face_id=f"f-{rng.getrandbits(64):016x}",
        income_monthly_cny=float(round(min(60_000, max(2_500, rng.lognormvariate(8.95, 0.45))), -2)),
        email=email(rng) if rng.random() < 0.2 else None,
        bank_card=bank_card(rng) if rng.random() < 0.9 else None,
        employer=world.employer(rng, city) if rng.random() < 0.85 else None,
        contacts=ordinary_contacts(rng),
    )


def whereabouts(rng: Random, person: Person) -> Place:
    """Where somebody is who applies from their own phone: mostly at home, else somewhere in town."""
    return near(rng, person.home, 30) if rng.random() < 0.7 else near(rng, person.home, 3_000)
