"""Asks the link index every half second whether it is there, looks which list services are silent, and raises the one
alert of an outage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from streams.codec import encode
from streams.dependencies import Dependencies
from streams.external_lists.silence import Silence
from streams.index.protocol import IndexFaultError, IndexUnavailableError
from streams.publisher import Outgoing

logger = structlog.get_logger(__name__)

PROBE_EVERY_S = 0.5
"""Every worker probes, whatever the state of its breaker: an idle one learns of an outage, too."""


async def watch_dependencies(deps: Dependencies, raises_alerts: Callable[[], bool]) -> None:
    """Probe the index, and look at list services, for as long as the worker runs. `raises_alerts` says whether this
    worker is the one of its group that raises the alert of an outage."""
    silence, topic = Silence(), deps.settings.topic("alerts")
    while True:
        await asyncio.sleep(PROBE_EVERY_S)
        await probe(deps)
        now, tells = deps.clock(), raises_alerts()
        alerts = silence.alerts(deps.list_services.states, now, tells)
        alert = deps.breaker.alert(now) if tells else None
        if alert is not None:
            alerts.append(alert)
        for each in alerts:
            deps.metrics.alerts.labels(each.kind).inc()
        if alerts:
            await deps.publisher.publish([Outgoing(topic, each.alert_id.encode(), encode(each)) for each in alerts])


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
