"""Asks the link index every half second whether it is there, and raises the one alert of an outage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from streams.codec import encode
from streams.dependencies import Dependencies
from streams.index.protocol import IndexFaultError, IndexUnavailableError
from streams.publisher import Outgoing

logger = structlog.get_logger(__name__)

PROBE_EVERY_S = 0.5
"""Every worker probes, whatever the state of its breaker: an idle one learns of an outage, too."""


async def watch_index(deps: Dependencies, raises_alerts: Callable[[], bool]) -> None:
    """Probe the index for as long as the worker runs. `raises_alerts` says whether this worker is the one of its group
    that raises the alert of an outage."""
    while True:
        await asyncio.sleep(PROBE_EVERY_S)
        await probe(deps)
        alert = deps.breaker.alert(deps.clock()) if raises_alerts() else None
        if alert is not None:
            deps.metrics.alerts.labels(alert.kind).inc()
            topic = deps.settings.topic("alerts")
            await deps.publisher.publish([Outgoing(topic, alert.alert_id.encode(), encode(alert))])


async def probe(deps: Dependencies) -> None:
    """Ask the index whether it is there, and tell the breaker."""
    deps.breaker.probing()
    try:
        await deps.index.ping()
    except IndexUnavailableError:
        deps.breaker.failed(deps.clock())
    except IndexFaultError as error:
        logger.error("index_refused", error=str(error))
        deps.breaker.failed(deps.clock())
    else:
        deps.breaker.answered(deps.clock())
