import gc
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.embedded.errors import EmbeddedError
from scripts.embedded.jars import Jar, class_path, default_cache_dir, kafka_version, locked_jars
from scripts.embedded.ports import LOOPBACK, free_port

NAMES = st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True)


pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""jgo does not close its connections; when they are collected is chance."""


class Repository:
    """A Maven repository on the loopback interface, of the jars in a directory; anything can be made to go wrong."""

    def __init__(self, jars: Path) -> None:
        self.jars = jars
        self.asked: list[str] = []
        self.absent: set[str] = set()
        self.garbled: set[str] = set()
        repository = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rsplit("/", 1)[-1]
                known = (repository.jars / name).exists() and name not in repository.absent
                self.send_response(200 if known else 404)
                content = (repository.jars / name).read_bytes() if known else b""
                if name in repository.garbled:
                    content = content[:-1] + bytes([content[-1] ^ 1])
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                if name.endswith(".jar"):
                    repository.asked.append(name)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep the test's output clean."""

        self.server = http.server.ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.server.daemon_threads = False  # so that closing it waits for what its threads have open
        self.url = f"http://{LOOPBACK}:{self.server.server_port}"


def use_repository(url: str, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Make `url` jgo's only repository, the way a user names a mirror."""
    configuration = directory / "jgo.conf"
    configuration.write_text(f"[repositories]\ncentral = {url}\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(directory))
    monkeypatch.setenv("no_proxy", LOOPBACK)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    jars = class_path()[0].parent
    repository = Repository(jars)
    thread = threading.Thread(target=repository.server.serve_forever)
    thread.start()
    use_repository(repository.url, monkeypatch, tmp_path)
    yield repository
    repository.server.shutdown()
    thread.join()
    repository.server.server_close()
    gc.collect()  # jgo leaves its connections to the collector: here, where that is no failure


def test_the_lock_is_one_kafka_4_1_whole_and_of_one_version() -> None:
    jars = locked_jars()
    version = kafka_version(jars)
    assert version.startswith("4.1.")
    kafkas = [jar for jar in jars if jar.coordinate.startswith("org.apache.kafka:")]
    assert {jar.coordinate.split(":")[2] for jar in kafkas} == {version}
    log4j = {jar.coordinate.split(":")[1]: jar.coordinate.split(":")[2] for jar in jars if "log4j" in jar.coordinate}
    assert log4j["log4j-slf4j-impl"] == log4j["log4j-core"]
    assert len({jar.file_name for jar in jars}) == len(jars)


@given(st.lists(NAMES, min_size=3, max_size=3), st.integers(0), st.binary(min_size=32, max_size=32))
def test_a_lock_line_reads_back_as_what_was_written(names: list[str], size: int, digest: bytes) -> None:
    jar = Jar(":".join(names), size, digest.hex())
    assert Jar.parse(str(jar)) == jar


def test_the_first_start_fetches_every_jar_and_the_next_needs_no_network(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    paths = class_path(tmp_path / "cache", lambda done, total: seen.append((done, total)))
    size = sum(jar.size_bytes for jar in locked_jars())
    assert all(path.exists() for path in paths)
    assert seen[0] == (0, size)
    assert seen[-1] == (size, size)
    assert seen == sorted(seen)

    use_repository(f"http://{LOOPBACK}:{free_port()}", monkeypatch, tmp_path)  # nobody answers there
    assert class_path(tmp_path / "cache") == paths


def test_an_interrupted_download_is_continued_and_fetches_only_what_is_missing(
    repository: Repository, tmp_path: Path
) -> None:
    absent = locked_jars()[-1]
    repository.absent = {absent.file_name}
    with pytest.raises(EmbeddedError, match=rf"Could not fetch {absent.coordinate}"):
        class_path(tmp_path / "cache")
    assert len(repository.asked) == len(locked_jars())

    repository.absent = set()
    repository.asked.clear()
    assert all(path.exists() for path in class_path(tmp_path / "cache"))
    assert repository.asked == [absent.file_name]


def test_a_jar_that_is_not_the_locked_one_is_refused_and_not_kept(repository: Repository, tmp_path: Path) -> None:
    garbled = locked_jars()[0]
    repository.garbled = {garbled.file_name}
    with pytest.raises(EmbeddedError, match="SHA-256 differs"):
        class_path(tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob(garbled.file_name))


def test_a_failed_download_says_what_was_fetched_and_that_the_first_start_needs_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_repository(f"http://{LOOPBACK}:{free_port()}", monkeypatch, tmp_path)
    first = locked_jars()[0]
    with pytest.raises(EmbeddedError) as raised:
        class_path(tmp_path / "cache")
    assert str(raised.value).startswith(f"Could not fetch {first.coordinate} for the embedded Kafka: ")
    assert "The first start needs the network (45 MB, once)" in str(raised.value)


def test_what_a_crash_left_half_written_is_not_taken_for_a_jar(repository: Repository, tmp_path: Path) -> None:
    half = locked_jars()[0]
    home = tmp_path / "cache" / f"kafka-{kafka_version(locked_jars())}"
    (home / "download-crashed").mkdir(parents=True)
    (home / "download-crashed" / half.file_name).write_bytes(b"half")
    for jar in locked_jars()[1:]:
        shutil.copy(repository.jars / jar.file_name, home)
    path = class_path(tmp_path / "cache")[0]
    assert path.stat().st_size == half.size_bytes


def test_the_cache_is_the_users_cache_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert default_cache_dir() == Path("/somewhere/tidegate")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache_dir() == Path.home() / ".cache" / "tidegate"
