"""The shops and employers of the simulated country: the same ones in every run, so that runs follow on each other."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import get_args

from models.events import Employer, Scene
from scripts.simulator.cities import CITIES, City
from scripts.simulator.devices import device_id
from scripts.simulator.places import Place, home_ip, somewhere_in

KNOWN_EMPLOYER_WEIGHTS = tuple(1 / rank for rank in range(3, 11))
"""The city's large employers: the first has about a fifth of their staff."""

SCENES: tuple[Scene, ...] = get_args(Scene)

COMPANY_WORDS = "华兴盛德信达宏远金诚瑞丰恒通嘉美安泰鼎立博雅天成中联"
TRADES = ("商贸", "电子", "物流", "餐饮管理", "建筑工程", "科技", "服装", "机械制造", "文化传媒", "物业服务")


@dataclass(frozen=True)
class Store:
    store_id: str
    merchant_id: str
    scene: Scene
    city: City
    place: Place
    ip: str
    """Of the wireless network for customers, and of the kiosk."""
    kiosk_device_id: str
    sales_rep_ids: tuple[str, ...]


@dataclass(frozen=True)
class World:
    stores: tuple[Store, ...]
    stores_at: dict[tuple[str, Scene], tuple[Store, ...]]
    """(city name, scene) -> its stores; none is empty."""
    known_employers: dict[str, tuple[Employer, ...]]
    """City name -> its large employers, the largest first."""

    def store(self, rng: Random, city: City, scene: Scene) -> Store:
        return rng.choice(self.stores_at[city.name, scene])

    def employer(self, rng: Random, city: City) -> Employer:
        """One of the city's large employers for a third of the people, a small one of their own for the others."""
        if rng.random() < 1 / 3:
            return rng.choices(self.known_employers[city.name], KNOWN_EMPLOYER_WEIGHTS)[0]
        return small_employer(rng, city)


def landline(rng: Random, city: City) -> str:
    return f"{city.area_code}{rng.choice('567')}{''.join(rng.choices('0123456789', k=city.landline_digits - 1))}"


def small_employer(rng: Random, city: City) -> Employer:
    name = f"{city.name}{''.join(rng.sample(COMPANY_WORDS, 3))}{rng.choice(TRADES)}有限公司"
    return Employer(name=name, phone=landline(rng, city) if rng.random() < 0.7 else None)


def _stores(rng: Random) -> list[Store]:
    stores = []
    merchant = 0
    for city in CITIES:
        for scene in SCENES:
            for _ in range(1 + city.weight // 100):
                merchant += 1
                for branch in range(1, rng.randint(1, 3) + 1):
                    number = f"{merchant}-{branch}"
                    store = Store(
                        store_id=f"S-{number}",
                        merchant_id=f"M-{merchant}",
                        scene=scene,
                        city=city,
                        place=somewhere_in(rng, city),
                        ip=home_ip(rng, city),
                        kiosk_device_id=device_id(rng),
                        sales_rep_ids=tuple(f"R-{number}-{rep}" for rep in range(1, rng.randint(2, 5) + 1)),
                    )
                    stores.append(store)
    return stores


@cache
def the_world() -> World:
    """Some 190 merchants with one to three stores each, in every city and scene."""
    rng = Random("the simulated country")
    stores = _stores(rng)
    stores_at: dict[tuple[str, Scene], list[Store]] = defaultdict(list)
    for store in stores:
        stores_at[store.city.name, store.scene].append(store)
    employers = {city.name: tuple(small_employer(rng, city) for _ in KNOWN_EMPLOYER_WEIGHTS) for city in CITIES}
    return World(tuple(stores), {where: tuple(there) for where, there in stores_at.items()}, employers)
