"""The parts of `tidegate demo`: its worker, its traffic, what it counts, its screen and its summary."""
