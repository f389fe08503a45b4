"""Where a story draws its people, times and attempts from: all the randomness of one group, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from random import Random

from models.events import BlacklistEntry, Channel, DeviceEvent, Liveness, Product, Scene
from scripts.simulator import places
from scripts.simulator.attempts import Attempt
from scripts.simulator.cities import City
from scripts.simulator.credit import ordinary_credit, thin_credit
from scripts.simulator.devices import Handset, filled_by_hand
from scripts.simulator.people import Person, mobile_phone, ordinary_person, whereabouts
from scripts.simulator.products import affordable_request, greedy_request, random_product
from scripts.simulator.timeline import CROOKED_HOURS, HONEST_HOURS, Hours, Window, local_time, pick_time
from scripts.simulator.world import SCENES, Store, World

OPENING_HOURS = range(9, 22)
"""Local hours in which shops are open."""


@dataclass
class Story:
    """What a group of applicants did."""

    attempts: list[Attempt]
    extra: list[DeviceEvent | BlacklistEntry] = field(default_factory=list)
    """What else is published because of them."""


class Draw:
    """One group's randomness: the same seed gives the same group, whatever else is in the stream."""

    def __init__(self, seed: str, run_id: str, group: int, window: Window, world: World) -> None:
        self.rng = Random(f"{seed}/{run_id}/{group}")
        self.window = window
        self.world = world
        self._id_tail = f"{run_id}-{group}"
        self._counter = count(1)

    def new_id(self, prefix: str) -> str:
        """An id that is unique in the run, and between runs with different run ids."""
        return f"{prefix}-{self._id_tail}-{next(self._counter)}"

    def times(self, size: int, hours: Hours = HONEST_HOURS) -> list[float]:
        """`size` moments of the group's window, in order; seconds since the epoch."""
        return sorted(pick_time(self.rng, self.window, hours) for _ in range(size))

    def crooked_times(self, size: int) -> list[float]:
        return self.times(size, CROOKED_HOURS)

    def person(self, city: City | None = None) -> Person:
        return ordinary_person(self.rng, self.world, local_time(self.window.end).date(), city)

    def crook(self, city: City | None = None) -> Person:
        """Somebody made up or hired for the purpose: looks ordinary, has a new number more often."""
        person = self.person(city)
        person.phone = mobile_phone(self.rng, virtual_share=0.2)
        return person

    def attempt(
        self, at: float, person: Person, *, channel: Channel | None = None, store: Store | None = None
    ) -> Attempt:
        """An honest application by `person`, in `store` when one is given."""
        rng = self.rng
        product = store.scene if store else random_product(rng)
        if store is None and product != "cash":
            store = self.world.store(rng, person.city, product)
        channel = channel or self._channel(at, product)
        in_store = channel == "store" and store is not None
        place = places.near(rng, store.place, 15) if store and in_store else whereabouts(rng, person)
        handset = None if channel == "api" and rng.random() < 0.6 else person.handset
        return Attempt(
            person=person,
            at=at,
            channel=channel,
            product=product,
            store=store,
            sales_rep_id=rng.choice(store.sales_rep_ids) if store and (in_store or rng.random() < 0.5) else None,
            request=affordable_request(rng, product, person.income_monthly_cny),
            handset=handset,
            gps=place if handset and rng.random() < (0.95 if in_store else 0.86) else None,
            ip=self._ip(handset, person, store if in_store else None),
            liveness=self._liveness(person) if channel != "api" or rng.random() < 0.5 else None,
            credit=ordinary_credit(rng, person.income_monthly_cny),
            form=filled_by_hand(rng),
            address_known=rng.random() < 0.92,
        )

    def crooked_attempt(
        self, at: float, person: Person, *, channel: Channel | None = None, store: Store | None = None
    ) -> Attempt:
        """As `attempt`, by somebody who will not repay: asks for more, is known for less."""
        attempt = self.attempt(at, person, channel=channel or self._remote_channel(), store=store)
        attempt.request = greedy_request(self.rng, attempt.product)
        attempt.credit = thin_credit(self.rng, person.income_monthly_cny)
        attempt.handset = person.handset
        attempt.liveness = attempt.liveness or self._liveness(person)
        return attempt

    def store(self, scene: Scene | None = None) -> Store:
        """A shop of the scene, of any when none is given, in a city drawn by population."""
        city = places.random_city(self.rng)
        sold: Scene = self.rng.choice(SCENES) if scene is None else scene
        return self.world.store(self.rng, city, sold)

    def _channel(self, at: float, product: Product) -> Channel:
        shop_is_open = product != "cash" and local_time(at).hour in OPENING_HOURS
        return self.rng.choices(("h5", "app", "store", "api"), (40, 25, 30 if shop_is_open else 0, 5))[0]

    def _remote_channel(self) -> Channel:
        return self.rng.choices(("h5", "app", "api"), (55, 40, 5))[0]

    def _ip(self, handset: Handset | None, person: Person, visited: Store | None) -> str | None:
        rng = self.rng
        if handset is not None and handset.vpn:
            return places.vpn_ip(rng)
        if visited is not None and rng.random() < 0.4:
            return visited.ip
        if rng.random() < 0.04:
            return None
        return places.home_ip(rng, person.city) if rng.random() < 0.55 else places.carrier_ip(rng, person.city)

    def _liveness(self, person: Person) -> Liveness:
        rng = self.rng
        return Liveness(
            score=round(1 - rng.betavariate(1.3, 30), 3),
            face_match=round(1 - rng.betavariate(2, 26), 3),
            attempts=rng.choices((1, 2, 3), (90, 8, 2))[0],
            face_id=person.face_id,
        )
