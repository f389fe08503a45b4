"""Kafka's jars: which ones (kafka.lock), where they are kept, and how the first start gets them."""

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.maven import MavenContext, PythonResolver

from scripts.embedded.errors import EmbeddedError

OnDownload = Callable[[int, int], None]
"""Called with (bytes done, bytes in all), from any thread, one call at a time."""

LOCK_FILE = Path(__file__).with_name("kafka.lock")
PARALLEL_DOWNLOADS = 6
KAFKA = "org.apache.kafka:kafka_2.13"


@dataclass(frozen=True)
class Jar:
    """One line of kafka.lock: `group:artifact:version size_bytes sha256`."""

    coordinate: str
    size_bytes: int
    sha256: str

    @classmethod
    def parse(cls, line: str) -> "Jar":
        """Raises ValueError for anything but a lock line."""
        coordinate, size_bytes, sha256 = line.split()
        return cls(coordinate, int(size_bytes), sha256)

    def __str__(self) -> str:
        return f"{self.coordinate} {self.size_bytes} {self.sha256}"

    @property
    def file_name(self) -> str:
        """`artifact-version.jar`."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def locked_jars() -> list[Jar]:
    """Every jar of the embedded Kafka's class path, in order."""
    lines = LOCK_FILE.read_text().splitlines()
    return [Jar.parse(line) for line in lines if line and not line.startswith("#")]


def kafka_version(jars: list[Jar]) -> str:
    """The Kafka version that `jars` make up."""
    return next(jar.coordinate.removeprefix(f"{KAFKA}:") for jar in jars if jar.coordinate.startswith(f"{KAFKA}:"))


def default_cache_dir() -> Path:
    """The user's cache directory, shared by all checkouts: $XDG_CACHE_HOME or ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tidegate"


def class_path(cache_dir: Path | None = None, on_download: OnDownload | None = None) -> list[Path]:
    """The jars' paths, after fetching those that are not in `cache_dir` yet; asks no network when none is missing.

    A jar gets its final name only when it is complete and its SHA-256 is the locked one, so an interrupted download is
    simply continued. Repositories are jgo's: its default, or `[repositories]` of its configuration file, for a mirror.
    Raises EmbeddedError when a jar cannot be fetched or is not the locked one.
    """
    jars = locked_jars()
    home = (cache_dir or default_cache_dir()) / f"kafka-{kafka_version(jars)}"
    missing = [jar for jar in jars if not (home / jar.file_name).exists()]
    if missing:
        _fetch_all(missing, home, on_download)
    return [home / jar.file_name for jar in jars]


def _fetch_all(jars: list[Jar], home: Path, on_download: OnDownload | None) -> None:
    home.mkdir(parents=True, exist_ok=True)
    count = _Counter(sum(jar.size_bytes for jar in jars), on_download)
    with tempfile.TemporaryDirectory(prefix="download-", dir=home) as staging:
        resolver = PythonResolver(progress_callback=count.file)
        repositories = GlobalSettings.load().repositories
        context = MavenContext(resolver, Path(staging))
        context.remote_repos.update(repositories)
        with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
            fetching = [pool.submit(_fetch, jar, context, home) for jar in jars]
            try:
                for jar, fetched in zip(jars, fetching, strict=True):
                    try:
                        fetched.result()
                    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
                        raise EmbeddedError(
                            _FAILED.format(jar=jar.coordinate, error=error, mb=count.megabytes)
                        ) from error
            finally:
                pool.shutdown(cancel_futures=True)


_FAILED = (
    "Could not fetch {jar} for the embedded Kafka: {error}\n"
    "The first start needs the network ({mb:.0f} MB, once). What arrived is kept: run the same command again."
)


def _fetch(jar: Jar, context: MavenContext, home: Path) -> None:
    group, artifact, version = jar.coordinate.split(":")
    arrived = context.project(group, artifact).at_version(version).artifact().resolve()
    with arrived.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != jar.sha256:
            raise RuntimeError(f"what arrived is not the jar that {LOCK_FILE.name} names (SHA-256 differs)")
        os.fsync(file.fileno())  # on disk before it has its name, whatever happens to the machine
    arrived.replace(home / jar.file_name)


class _Counter:
    """Adds up the bytes of files that arrive in parallel."""

    def __init__(self, total: int, on_download: OnDownload | None) -> None:
        self.total = total
        self.done = 0
        self._on_download = on_download
        self._lock = threading.Lock()
        self._add(0)

    @property
    def megabytes(self) -> float:
        """All there is to fetch, MB."""
        return self.total / 1e6

    @contextmanager
    def file(self, _name: str, _size: int) -> Iterator[Callable[[int], None]]:
        """jgo's progress callback: yields what it calls with each chunk's size."""
        yield self._add

    def _add(self, size: int) -> None:
        with self._lock:
            self.done += size
            if self._on_download is not None:
                self._on_download(self.done, self.total)
