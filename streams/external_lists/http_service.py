"""A list service over HTTP: one POST a look-up, on connections that are kept."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from datetime import datetime

import httpx

from models.enrichment import ListHit
from models.facts import Identifier, epoch_ms
from streams.external_lists.configuration import ServiceConfiguration
from streams.external_lists.protocol import ListServiceError
from streams.external_lists.wire import decode_answer, encode_question

ANSWER_MAX_BYTES = 1 << 20


class HttpListService:
    """Follows no redirects and no proxy of the environment: tokens go where the file says, and nowhere else."""

    def __init__(self, configuration: ServiceConfiguration, key: str | None, clock: Callable[[], datetime]) -> None:
        self._list_name = configuration.list_name
        self._url = configuration.url
        self._clock = clock
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._client = httpx.AsyncClient(
            headers=headers,
            verify=ssl.create_default_context(cafile=configuration.ca_file) if _is_tls(self._url) else True,
            limits=httpx.Limits(
                max_connections=configuration.connections, max_keepalive_connections=configuration.connections
            ),
            timeout=None,  # noqa: S113  the caller's deadline is for all of it
            trust_env=False,
        )

    async def look_up(self, identifiers: Sequence[Identifier]) -> list[ListHit]:
        """See `ListService.look_up`."""
        asked_ms = epoch_ms(self._clock())
        try:
            async with self._client.stream("POST", self._url, content=encode_question(identifiers)) as response:
                if response.status_code != httpx.codes.OK:
                    again = response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
                    raise ListServiceError("refused", f"status {response.status_code}", again=again)
                body = await _read(response)
        except (httpx.HTTPError, OSError) as error:
            raise ListServiceError("unreachable", type(error).__name__, again=True) from error
        return decode_answer(body, identifiers, self._list_name, asked_ms)

    async def close(self) -> None:
        """See `ListService.close`."""
        await self._client.aclose()


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > ANSWER_MAX_BYTES:
            raise ListServiceError("garbage", f"longer than {ANSWER_MAX_BYTES} bytes")
    return bytes(body)


def _is_tls(url: str) -> bool:
    return url.startswith("https:")
