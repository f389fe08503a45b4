"""One face in front of the camera for several bought identities."""

from __future__ import annotations

from models.events import Liveness
from scripts.simulator.draw import Draw, Story
from scripts.simulator.typology import Typology


def story(draw: Draw, size: int) -> Story:
    """The face is shared, and seldom matches the identity's picture well; all else differs."""
    rng = draw.rng
    face_id = draw.person().face_id
    attempts = []
    for at in draw.crooked_times(size):
        attempt = draw.crooked_attempt(at, draw.crook())
        attempt.liveness = Liveness(
            score=round(rng.uniform(0.7, 0.98), 3),
            face_match=round(rng.uniform(0.55, 0.9), 3),
            attempts=rng.choices((1, 2, 3, 4), (45, 30, 15, 10))[0],
            face_id=face_id,
        )
        attempts.append(attempt)
    return Story(attempts)


TYPOLOGY = Typology("reused_face", story, sizes=(3, 10), spread_h=(24, 96))
