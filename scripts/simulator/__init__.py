"""Simulated traffic: believable credit applications and device events, with known fraud and honest look-alikes."""
