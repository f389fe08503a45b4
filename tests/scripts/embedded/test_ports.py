import socket
import subprocess
import sys

import pytest

from scripts.embedded.errors import EmbeddedError
from scripts.embedded.ports import FREE_PORTS, LOOPBACK, bind_error, check_free, free_port

EPHEMERAL_FROM_LINUX = 32_768
EPHEMERAL_FROM_MACOS = 49_152


def test_a_free_port_is_outside_the_ephemeral_ranges_and_can_be_listened_on() -> None:
    port = free_port()
    assert port in FREE_PORTS
    assert FREE_PORTS[-1] < min(EPHEMERAL_FROM_LINUX, EPHEMERAL_FROM_MACOS)
    assert bind_error(port) is None


def test_no_free_port_is_given_twice() -> None:
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == len(ports)


def test_another_process_is_not_given_a_port_that_is_ours_though_nothing_listens_there_yet() -> None:
    port = free_port()
    elsewhere = (
        "import scripts.embedded.ports as ports\n"
        f"ports.FREE_PORTS = range({port}, {port + 1})\n"
        "try: print('given', ports.free_port())\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    said = subprocess.run([sys.executable, "-c", elsewhere], capture_output=True, text=True, check=True).stdout
    assert said.startswith("EmbeddedError No free port")


def test_a_taken_port_is_named_with_its_server_and_its_option() -> None:
    with socket.socket() as holder:
        holder.bind((LOOPBACK, free_port()))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(EmbeddedError, match=rf"^Port {port} for Kafka is taken: .*--kafka-port"):
            check_free(port, "Kafka", "--kafka-port")
    check_free(port, "Kafka", "--kafka-port")
