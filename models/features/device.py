"""The device: what it is, how long it has been known, and who else applied with it."""

from __future__ import annotations

from models.features.case import D7, D30, D90, H24, HOUR_MS, Case
from models.features.feature import Feature
from models.features.told import Told, applicants


def _either(application_says: bool | None, events_say: bool | None) -> bool | None:
    """True when either says so; missing when neither says anything."""
    if application_says is None:
        return events_say
    return application_says or bool(events_say)


def _emulator(case: Case) -> bool | None:
    return _either(case.device.emulator, case.device_state.emulator if case.device_state else None)


def _rooted(case: Case) -> bool | None:
    return _either(case.device.rooted, case.device_state.rooted if case.device_state else None)


def _vpn(case: Case) -> bool | None:
    return _either(case.device.vpn, case.device_state.vpn if case.device_state else None)


def _age_h(case: Case) -> float | None:
    if case.device_state is None:
        return None
    return max(0, case.occurred_ms - case.device_state.first_seen_ms) / HOUR_MS


def _like_share(case: Case) -> float | None:
    like = case.velocity.get("device_like")
    place = case.velocity.get("gps_cell") or case.velocity.get("ip_block")
    if like is None or place is None:
        return None
    return min(1.0, like.applicants[D30] / max(place.applicants[D30], 1))


FEATURES = (
    Feature(
        "device_missing",
        "flag",
        "device",
        "The application names no device",
        lambda case: "device_id" not in case.tokens,
    ),
    Feature(
        "device_emulator",
        "flag",
        "device",
        "The application or an event of the last 30 days says that the device is an emulator",
        _emulator,
    ),
    Feature("device_rooted", "flag", "device", "Likewise: the device is rooted or jailbroken", _rooted),
    Feature("device_vpn", "flag", "device", "Likewise: a VPN or proxy is on", _vpn),
    Feature(
        "device_hooked",
        "flag",
        "device",
        "An event of the last 30 days says that a hooking framework runs on the device",
        Told("device_state", "hooked"),
    ),
    Feature("device_age_h", "h", "device", "Time since the device's first event; missing when it has none", _age_h),
    Feature(
        "device_events_24h",
        "count",
        "device",
        "Events of the device in 24 hours",
        Told("device_state", "events_24h"),
    ),
    Feature(
        "device_events_30d",
        "count",
        "device",
        "Events of the device in 30 days",
        Told("device_state", "events_30d"),
    ),
    Feature(
        "device_applicants_24h",
        "applicants",
        "device",
        "Applicants who applied with the device in 24 hours",
        applicants("device_id", H24),
    ),
    Feature(
        "device_applicants_7d",
        "applicants",
        "device",
        "Applicants who applied with the device in 7 days",
        applicants("device_id", D7),
    ),
    Feature(
        "device_applicants_90d",
        "applicants",
        "device",
        "Applicants who applied with the device in 90 days",
        applicants("device_id", D90),
    ),
    Feature(
        "device_store_share",
        "share",
        "device",
        "Share of the device's applications that came by the channel store: a shop's kiosk has nearly all",
        lambda case: case.store_share("device_id"),
    ),
    Feature(
        "device_like_applicants_7d",
        "applicants",
        "device",
        "Applicants with devices alike in 7 days: of one model and system in one cell, or one address block where the "
        "cell is not known",
        applicants("device_like", D7),
    ),
    Feature(
        "device_like_applicants_30d",
        "applicants",
        "device",
        "Likewise in 30 days",
        applicants("device_like", D30),
    ),
    Feature(
        "device_like_share",
        "share",
        "device",
        "Share of these among all applicants of that cell or block: small where a model is popular among many",
        _like_share,
    ),
    Feature(
        "device_like_colleagues",
        "share",
        "device",
        "Share of these applications that name this one's employer: a company that hands out phones; missing "
        "without any",
        lambda case: case.colleagues("device_like"),
    ),
    Feature(
        "id_devices_30d",
        "count",
        "device",
        "Devices that the applicant applied with in 30 days",
        Told("person", f"devices[{D30}]"),
    ),
    Feature(
        "id_phones_30d",
        "count",
        "device",
        "Phones that the applicant applied with in 30 days",
        Told("person", f"phones[{D30}]"),
    ),
    Feature(
        "device_phones_30d",
        "count",
        "device",
        "Phones seen with the device in 30 days",
        Told("device_state", "phones_30d"),
    ),
    Feature(
        "device_models_30d",
        "count",
        "device",
        "Models, with their systems, that events of the device told in 30 days: a phone has one",
        Told("device_state", "models_30d"),
    ),
    Feature(
        "device_fills_7d",
        "count",
        "device",
        "Forms filled in on the device in 7 days whose time is known",
        Told("device_state", "fills_7d"),
    ),
    Feature(
        "device_fill_spread_7d",
        "ratio",
        "device",
        "Standard deviation of those times in 7 days over their mean; missing for fewer than two",
        Told("device_state", "fill_spread_7d"),
    ),
    Feature(
        "device_fill_gap_spread_7d",
        "ratio",
        "device",
        "Likewise of the time from one form to the next in 7 days; missing for fewer than three forms",
        Told("device_state", "fill_gap_spread_7d"),
    ),
    Feature(
        "device_sim_changes_30d",
        "count",
        "device",
        "Changes of the SIM card in 30 days",
        Told("device_state", "sim_changes_30d"),
    ),
    Feature(
        "device_otps_1h",
        "count",
        "device",
        "One-time passwords asked for in an hour",
        Told("device_state", "otps_1h"),
    ),
    Feature(
        "ip_private",
        "flag",
        "device",
        "The IP address is private or reserved: a proxy hides the real one",
        Told("device", "ip_private"),
    ),
)
