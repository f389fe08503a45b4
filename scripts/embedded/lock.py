"""Write kafka.lock for a Kafka version: `python -m scripts.embedded.lock 4.1.2`. Needs the network."""

import hashlib
import sys
import tempfile
from pathlib import Path

from jgo.maven import MavenContext

from scripts.embedded.jars import KAFKA, LOCK_FILE, Jar

HEADER = (
    "# The embedded Kafka's jars: group:artifact:version, bytes, SHA-256. Written by `python -m scripts.embedded.lock`."
)


def lock(version: str) -> list[Jar]:
    """Resolve that Kafka's runtime dependencies and a log4j binding of the version that Kafka ships, which it lacks."""
    with tempfile.TemporaryDirectory() as repository:
        context = MavenContext(repo_cache=Path(repository))
        inputs, others = context.resolver.resolve([context.create_dependency(f"{KAFKA}:{version}")])
        artifacts = [dependency.artifact for dependency in [*inputs, *others]]
        log4j = next(artifact for artifact in artifacts if artifact.artifactId == "log4j-core")
        # Not resolved together with Kafka: log4j's own pom would manage kafka-clients down to 3.9.
        artifacts.append(context.project(log4j.groupId, "log4j-slf4j-impl").at_version(log4j.version).artifact())
        jars = []
        for artifact in artifacts:
            content = artifact.resolve().read_bytes()
            coordinate = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
            jars.append(Jar(coordinate, len(content), hashlib.sha256(content).hexdigest()))
    return sorted(jars, key=lambda jar: jar.coordinate)


if __name__ == "__main__":
    LOCK_FILE.write_text("\n".join([HEADER, *map(str, lock(sys.argv[1]))]) + "\n")
