"""How much it says that two applications share an identifier.

A link's weight is the kind's weight, shrunk by how crowded the identifier is: a value that many people share says
little about any two of them. Past the kind's `crowd` the weight falls as 1 / applicants, the resource-allocation index
(T. Zhou, L. Lü, Y.-C. Zhang, "Predicting missing links via local information", European Physical Journal B 71, 2009).
The numbers in the table are judgements on what honest people share; each has its reason beside it. Weights of several
identifiers that one pair of applications shares add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from models.enrichment import CROWD, Link, Observation
from models.facts import ApplicationFacts
from models.rings.living import APPLICANT_CHARACTERS, SELF

STRONG = 1.0
"""A pair of applications whose links weigh this or more is strongly linked: it belongs to one ring."""
NEGLIGIBLE = 0.25
"""A link that weighs less does not count at all."""
COUPLE = 0.7
"""Factor while only two applicants share what households share: a couple is no gang."""
STORE_SHARE = 0.5
"""A device, cell or address is a shop's when this share of its applications, or more, came by the channel `store`."""


class KindWeight(NamedTuple):
    """Weight of one kind of identifier."""

    weight: float
    crowd: int
    """Applicants up to which the weight is whole."""
    household: bool = False
    """Couples and families share it: `COUPLE` applies."""
    least: int = 1
    """Applicants below which it weighs nothing."""


KIND_WEIGHTS: dict[str, KindWeight] = {
    # One person, by definition.
    "id_number": KindWeight(2.0, 64),
    # A face of two people is always wrong, however many they are.
    "face_id": KindWeight(2.0, 64),
    # A card is one person's and is paid out to; past dozens it is a placeholder somebody types.
    "bank_card": KindWeight(1.5, 32),
    # A phone in private hands serves a family; a farm's serves dozens. A shop's has its own row below.
    "device_id": KindWeight(1.5, 32, household=True),
    # As the device; but sooner a number that a clerk types for customers who have none.
    "phone": KindWeight(1.5, 16, household=True),
    "email": KindWeight(1.5, 16, household=True),
    # Siblings name the same mother (two applicants, not strong alone); three strangers who name one person are a
    # pattern; past a dozen it is a hotline or an agent.
    "contact_phone": KindWeight(1.2, 12, household=True),
    # Texts often stop at the building or the dormitory: a second sign is needed, and a crowd is no sign.
    "address": KindWeight(0.6, 4, household=True),
    # Colleagues and neighbours. Both together are strong for a handful, and nothing in an office or a tower.
    "employer": KindWeight(0.5, 3),
    "gps_cell": KindWeight(0.5, 3),
    # Mobile operators and offices put many behind one address; it only tips the scales for a few.
    "ip": KindWeight(0.25, 3),
    # One model in one place: neighbours with a popular phone, unless they are many, and most of those who are there
    # (`ALIKE_SHARE`). Its place is in it, so it is less than what place, employer and address leave to be strong for a
    # handful: a sign of another sort is needed.
    "device_like": KindWeight(0.35, 12, least=5),
}
"""Kinds that are not here link nobody: to bring strangers together is the trade of a merchant, a store and a sales rep;
an `ip_block` is a neighbourhood of the network; and a `profile` is a name with a phone, where the phone counts already.
"""

ALIKE_SHARE = 0.5
"""Devices alike (`device_like`) that are fewer than this share of the applications from their place weigh nothing: the
model is popular, or the place is crowded. Nor do they when so many or more of them have one employer, who hands out
phones."""

SHOP_WEIGHTS: dict[str, KindWeight] = {
    # A kiosk or a clerk's tablet: a second sign is needed even for a few, and a crowd of customers is none.
    "device_id": KindWeight(0.5, 3),
    # Where the customers stand, and the shop's network: together with the kiosk they say one thing, not three.
    "gps_cell": KindWeight(0.0, 3),
    "ip": KindWeight(0.0, 3),
    # Customers of a shop that sells phones have the same new one.
    "device_like": KindWeight(0.0, 12),
}
"""In place of `KIND_WEIGHTS` for what is a shop's (`STORE_SHARE`): its customers are strangers to each other."""


HONEST_DOUBTED = 8
"""So many confirmed honest applications halve the weight of an identifier without any fraud: who passed through it are
strangers to each other. Fewer may be luck, or bait."""

Crowds = Mapping[tuple[str, str], float]
"""(Kind, token) of an identifier that the policy knows as a crowd's -> what is left of its weight, 0 to 1."""
NO_CROWDS: Crowds = {}


def telling_links(
    facts: ApplicationFacts, observation: Observation, crowds: Crowds = NO_CROWDS
) -> list[tuple[Link, float]]:
    """The links that are not negligible, with their weights: crowded identifiers say less, those of `crowds` as much
    less as the policy says, and those that honest people came through as their profile has taught."""
    if not observation.links:
        return []
    applicants = [neighbour.applicant for neighbour in observation.neighbours]
    applicants.append(facts.applicant_token[:APPLICANT_CHARACTERS])  # the last one: position SELF
    telling = []
    for link in observation.links:
        if len(link.members) > 1:
            if link.kind == "device_like" and is_likeness_explained(link, observation):
                continue
            weight = link_weight(link, applicants)
            if weight >= NEGLIGIBLE:
                weight *= honest_factor(link, observation) * crowds.get((link.kind, link.token), 1.0)
                if weight >= NEGLIGIBLE:
                    telling.append((link, weight))
    return telling


def honest_factor(link: Link, observation: Observation) -> float:
    """What the labels of an identifier's applications leave of its weight, 0 to 1; 1 without labels. One person's
    things are left alone: that a person is honest says nothing of who uses their card."""
    if link.kind in ("device_id", "phone"):
        for each in observation.profiles:
            if each.token == link.token and each.kind == link.kind:
                doubt = each.profile.frauds + HONEST_DOUBTED
                return doubt / (doubt + each.profile.honest)
    return 1.0


def link_weight(link: Link, applicants: Sequence[str]) -> float:
    """Weight of the link between any two of its members; 0 when the kind links nobody.

    `applicants` holds who applied, by member position; several applications of one applicant crowd nothing. Of devices
    alike ask `is_likeness_explained` first.
    """
    kind = KIND_WEIGHTS.get(link.kind)
    if kind is None:
        return 0.0
    if link.kind in SHOP_WEIGHTS and store_share(link.channels) >= STORE_SHARE:
        kind = SHOP_WEIGHTS[link.kind]
    members = link.members
    distinct = len(set(map(applicants.__getitem__, members)))
    sharing = link.degree - len(members) + distinct
    if sharing < kind.least:
        return 0.0
    if sharing > kind.crowd:
        return kind.weight * kind.crowd / sharing
    if kind.household and sharing <= 2:
        return kind.weight * COUPLE
    return kind.weight


def is_likeness_explained(link: Link, observation: Observation) -> bool:
    """Whether devices are alike because the model is popular in their place, the cell or else the address block, or
    because they are a company's."""
    degrees = {velocity.kind: velocity.degree for velocity in observation.velocity}
    from_place = degrees.get("gps_cell") or degrees.get("ip_block") or 0
    return link.degree < ALIKE_SHARE * from_place or colleagues(link, observation) >= ALIKE_SHARE


def colleagues(link: Link, observation: Observation) -> float:
    """Share of a link's other members whose employer is this application's. Of a crowd that was not fetched, as many
    as the employer has may be."""
    others = set(link.members) - {SELF}
    if others and link.degree <= CROWD:
        links = observation.links
        same = next((each.members for each in links if each.kind == "employer" and SELF in each.members), ())
        return len(others.intersection(same)) / len(others)
    employed = next((each.degree for each in observation.velocity if each.kind == "employer"), 0)
    return min(1.0, employed / link.degree)


def store_share(channels: dict[str, int]) -> float:
    """Share of applications that came by the channel `store`, 0 to 1; 0 when none are known."""
    return channels.get("store", 0) / (sum(channels.values()) or 1)
