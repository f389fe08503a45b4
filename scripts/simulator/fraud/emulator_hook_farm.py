"""Scripts that fill the form on emulators: every application comes from a device nobody has seen."""

from __future__ import annotations

from scripts.simulator.devices import Handset, device_id, filled_by_hand, filled_by_machine
from scripts.simulator.draw import Draw, Story
from scripts.simulator.places import hosting_ips, vpn_ip
from scripts.simulator.typology import Typology


def story(draw: Draw, size: int) -> Story:
    """Rented addresses of one network are shared. Most emulators and hooks are noticed, none of them always."""
    rng = draw.rng
    ips = hosting_ips(rng, rng.randint(2, 4))
    attempts = []
    for at in draw.crooked_times(size):
        person = draw.crook()
        person.handset = Handset(
            device_id(rng),
            "android",
            rooted=rng.random() < 0.5,
            emulator=rng.random() < 0.7,
            hooked=rng.random() < 0.6,
            vpn=rng.random() < 0.35,
        )
        attempt = draw.crooked_attempt(at, person, channel=rng.choice(("h5", "app")))
        attempt.ip = vpn_ip(rng) if person.handset.vpn else rng.choice(ips)
        attempt.form = filled_by_machine(rng) if rng.random() < 0.85 else filled_by_hand(rng)
        attempts.append(attempt)
    return Story(attempts)


TYPOLOGY = Typology("emulator_hook_farm", story, sizes=(5, 12), spread_h=(6, 48))
