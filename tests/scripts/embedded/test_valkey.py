import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import redis

from scripts.embedded import EmbeddedError, EmbeddedValkey
from scripts.embedded.ports import LOOPBACK


@contextmanager
def connected(server: EmbeddedValkey) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(server.url)
    try:
        yield client
    finally:
        client.close()


def test_it_is_a_bounded_valkey_9_that_listens_on_loopback_only(valkey: EmbeddedValkey) -> None:
    with connected(valkey) as client:
        assert client.info("server")["valkey_version"].startswith("9.")
        assert client.config_get("maxmemory")["maxmemory"] == str(1024 * 2**20)
    listening = [c.laddr.ip for c in psutil.Process(valkey.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening == [LOOPBACK]


def test_a_clean_stop_keeps_its_data_and_leaves_no_process(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as server, connected(server) as client:
        client.set("link", "kept")
        processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children()]
    assert len(processes) == 2
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []
    assert not server.running

    with EmbeddedValkey(tmp_path, server.port) as again, connected(again) as client:
        assert client.get("link") == b"kept"


def test_after_a_kill_it_comes_back_on_its_port_empty_rather_than_old(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as server:
        with connected(server) as client:
            client.set("link", "old")
        server.stop()
        server.start()
        with connected(server) as client:
            client.set("link", "new")
        server.kill()
        assert not server.running
        server.start()
        with connected(server) as client:
            assert client.get("link") is None


def test_a_taken_port_is_a_one_line_error(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as holder:
        server = EmbeddedValkey(tmp_path, holder.getsockname()[1])
        with pytest.raises(EmbeddedError, match=rf"^Port {server.port} for Valkey is taken: .*--redis-port.*$"):
            server.start()
    assert not server.running


def test_a_server_that_ends_while_it_starts_shows_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / "dump.rdb").write_bytes(b"no snapshot")
    server = EmbeddedValkey(tmp_path)
    with pytest.raises(EmbeddedError) as raised:
        server.start()
    assert str(raised.value).startswith("Valkey ended while it started (exit code 1); the end of ")
    assert str(server.log_file) in str(raised.value)
    assert "Wrong signature" in str(raised.value)
    assert not server.running


def test_the_log_of_the_start_before_is_kept(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as server:
        first = server.pid
        server.stop()
        server.start()
        assert f"{first}:" in server.log_file.with_name("valkey.log.1").read_text()


def test_a_data_directory_in_use_is_refused_and_left_alone(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as server:
        with pytest.raises(EmbeddedError, match=rf"^{tmp_path} is in use by another embedded Valkey"):
            EmbeddedValkey(tmp_path).start()
        assert server.running
        assert not server.log_file.with_name("valkey.log.1").exists()


def test_starting_twice_is_refused_and_stopping_twice_is_not(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    server.start()
    with pytest.raises(EmbeddedError, match="already running"):
        server.start()
    server.stop()
    server.stop()
    with pytest.raises(EmbeddedError, match="not running"):
        _ = server.pid
