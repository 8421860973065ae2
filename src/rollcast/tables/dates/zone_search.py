"""The zone whose clock fits given instants."""

from __future__ import annotations

import numpy as np

from rollcast._types import Int64
from rollcast.data.clock import to_utc, to_wall

_DAY = 86_400_000_000_000
_SAMPLE = 2000

COMMON_ZONES = (
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "Asia/Seoul", "Asia/Tokyo", "Asia/Shanghai", "Asia/Kolkata",
    "Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Australia/Darwin", "Australia/Perth",
    "Pacific/Auckland", "Europe/Athens", "Europe/Istanbul", "Europe/Moscow", "Europe/Lisbon",
    "America/Sao_Paulo", "America/Mexico_City", "America/Argentina/Buenos_Aires", "America/Bogota",
    "America/Santiago", "America/Halifax", "America/St_Johns", "America/Anchorage", "America/Phoenix",
    "Pacific/Honolulu", "America/Caracas", "Asia/Singapore", "Asia/Bangkok", "Asia/Jakarta",
    "Asia/Dhaka", "Asia/Karachi", "Asia/Dubai", "Asia/Tehran", "Asia/Kathmandu", "Asia/Yangon",
    "Asia/Kabul", "Asia/Tashkent", "Asia/Jerusalem", "Asia/Beirut", "Africa/Cairo", "Africa/Johannesburg",
    "Africa/Lagos", "Africa/Nairobi", "Africa/Casablanca", "Atlantic/Azores", "Australia/Lord_Howe",
    "America/Asuncion", "America/Havana",
)  # fmt: skip
"""Zones to try, those of many people first."""


def find_zone(instants: Int64, walls: Int64) -> str | None:
    """The first common zone whose clock shows ``walls`` at ``instants`` (N,); None where none does."""
    at = _sample(instants)
    return next((z for z in COMMON_ZONES if (to_wall(instants[at], z) == walls[at]).all()), None)


def zone_of_midnights(instants: Int64) -> str | None:
    """The first common zone where all instants (N,) begin a day; None where there is none."""
    at = instants[_sample(instants)]
    for zone in COMMON_ZONES:
        walls = to_wall(at, zone)
        # Days whose midnight the clock skips begin an hour later.
        if (to_utc(walls - walls % _DAY, zone) == at).all():
            return zone
    return None


def zone_of_one_hour(instants: Int64) -> str | None:
    """The first common zone where all instants (N,) lie at one time of day; None where there is none."""
    at = instants[_sample(instants)]
    for zone in COMMON_ZONES:
        clock = to_wall(at, zone) % _DAY
        if (clock == clock[0]).all():
            return zone
    return None


def _sample(instants: Int64) -> Int64:
    """Rows spread over all, both ends among them."""
    count = min(len(instants), _SAMPLE)
    return np.linspace(0, len(instants) - 1, count).astype(np.int64)
