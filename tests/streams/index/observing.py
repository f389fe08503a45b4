"""Short ways to ask a link index."""

from models.enrichment import Link, Observation, Velocity
from models.facts import ApplicationFacts
from streams.index.protocol import LinkIndex


async def observe(index: LinkIndex, *applications: ApplicationFacts) -> Observation:
    """Observe all and return the last one's observation."""
    return [*await index.observe(applications)][-1]


def velocity(observation: Observation, kind: str) -> Velocity:
    """The counts of the first identifier of that kind."""
    return next(velocity for velocity in observation.velocity if velocity.kind == kind)


def link(observation: Observation, kind: str) -> Link:
    """The first link of that kind."""
    return next(link for link in observation.links if link.kind == kind)


def hops(observation: Observation) -> dict[str, int]:
    """Neighbours by application id, and how far away they are."""
    return {neighbour.application_id: neighbour.hop for neighbour in observation.neighbours}
