"""Where models are kept: signed snapshots, each written once and never changed.

A snapshot is read back only after its signature has been verified, and then only classes on a list are made from it.
One file is

    TIDEGATE-MODEL-1 newline | length of the header, 4 bytes, big-endian | header, JSON | HMAC-SHA-256 | payload, pickle

and the HMAC is over everything else in it. A version is `<name>-<sequence>-<digest>`, the digest being that of header
and payload: no file can pass for another version, and a header that names its parent's version vouches for the chain.
"""

from __future__ import annotations

import hmac
import io
import pickle
import re
import struct
from collections.abc import Collection
from hashlib import sha256
from typing import Any, Literal

import msgspec
from msgspec import Struct

from config.errors import OperatorError
from config.settings import Settings
from models.events import Time
from models.learning.snapshot_classes import SNAPSHOT_CLASSES
from streams.model_files import ModelFiles

MAGIC = b"TIDEGATE-MODEL-1\n"
LENGTH = struct.Struct(">I")
SIGNATURE_BYTES = 32
MAX_HEADER_BYTES = 1024 * 1024
SUFFIX = ".snapshot"
PICKLE_PROTOCOL = 5

Role = Literal["serving", "learner"]
"""`serving`: a scorer, for workers. `learner`: all that a learner knows, for its successor."""

VERSION = re.compile(r"^(?P<name>[a-z0-9_]{1,40})-(?P<sequence>[0-9]{1,12})-(?P<digest>[0-9a-f]{8})\Z")


class SnapshotRefusedError(OperatorError):
    """A snapshot that must not be used: not signed by us, changed since, or made of what is not on the list."""

    def __init__(self, version: str, why: str) -> None:
        super().__init__(f"Model {version} is refused: {why}")
        self.version = version
        self.why = why


class _NotAllowedError(Exception):
    """Something in a pickle that is not on the list."""


class SnapshotHeader(Struct, frozen=True, kw_only=True):
    """What a snapshot says of itself, readable without unpickling it."""

    name: str
    """The candidate in the tournament: lower-case letters, digits and `_`."""
    kind: str
    """Which kind of model."""
    role: Role = "serving"
    sequence: int
    """Rises along the chain; whoever saves counts."""
    parent: str | None = None
    """Version of the snapshot before in the chain."""
    created_at: Time
    examples: int = 0
    """Labelled examples that the model has learned from."""
    frauds: int = 0
    """Those of them that were fraud."""
    metrics: dict[str, float] = {}
    """How the model stands, by name, e.g. `roc_auc`, `average_precision`, `brier`."""
    features: str = ""
    """Version of the feature set that it learned on."""


class Snapshot(Struct, frozen=True, kw_only=True):
    """One that has been verified."""

    version: str
    header: SnapshotHeader
    size_bytes: int
    content: Any = None
    """What was saved; None when only the header was asked for."""


class ModelStore:
    """Snapshots by version. Blocking: call it in a thread from an event loop.

    Every call raises StoreUnavailableError when the store cannot be reached.
    """

    def __init__(self, files: ModelFiles, key: bytes) -> None:
        self._files = files
        self._key = key

    @classmethod
    def from_settings(cls, settings: Settings) -> ModelStore:
        """The one at TIDEGATE_MODEL_DIR. Raises SettingsError when it or its key cannot be used."""
        return cls(ModelFiles(settings.model_url), settings.model_key_bytes)

    def save(self, header: SnapshotHeader, content: Any) -> str:
        """Keep a model and return its version. The same header and content saved twice are one snapshot.

        Whatever changes `content` meanwhile must wait: take a `snapshot()` of a model that goes on learning.
        """
        head = msgspec.json.encode(header)
        payload = pickle.dumps(content, PICKLE_PROTOCOL)
        version = _version(header, head, payload)
        if VERSION.match(version) is None:
            raise ValueError(f"{header.name!r}, {header.sequence}: not the name and sequence of a version")
        before = MAGIC + LENGTH.pack(len(head)) + head
        self._files.write(path_of(version, header.role), before + self._sign(before, payload) + payload)
        return version

    def load(self, version: str, role: Role = "serving") -> Snapshot:
        """The snapshot with its content.

        Raises SnapshotRefusedError, before anything of it is unpickled unless the signature is right, and
        MissingFileError when there is none of that version.
        """
        head, payload = self._read(version, role)
        try:
            content = _Unpickler(io.BytesIO(payload)).load()
        except _NotAllowedError as error:
            raise SnapshotRefusedError(version, str(error)) from None
        except Exception as error:
            raise SnapshotRefusedError(version, f"it cannot be read back: {type(error).__name__}: {error}") from error
        return Snapshot(version=version, header=head, size_bytes=len(payload), content=content)

    def inspect(self, version: str, role: Role = "serving") -> Snapshot:
        """The snapshot without its content, verified like any. Raises as `load`."""
        head, payload = self._read(version, role)
        return Snapshot(version=version, header=head, size_bytes=len(payload))

    def versions(self, role: Role = "serving") -> list[str]:
        """Versions that are there, lowest sequence first, none of them verified."""
        names = (name.removesuffix(SUFFIX) for name in self._files.names(role) if name.endswith(SUFFIX))
        return sorted((name for name in names if VERSION.match(name)), key=lambda name: (sequence_of(name), name))

    def prune(self, role: Role, keep: int, spare: Collection[str] = ()) -> list[str]:
        """Delete all but the `keep` newest and those to spare; return what was deleted."""
        old = [version for version in self.versions(role)[: -keep or None] if version not in spare]
        for version in old:
            self._files.delete(path_of(version, role))
        return old

    def _read(self, version: str, role: Role) -> tuple[SnapshotHeader, memoryview]:
        """Header and payload, verified."""
        if VERSION.match(version) is None:
            raise SnapshotRefusedError(repr(version), "that is no version of a snapshot")
        content = memoryview(self._files.read(path_of(version, role)))
        start = len(MAGIC) + LENGTH.size
        if content[: len(MAGIC)] != MAGIC or len(content) < start:
            raise SnapshotRefusedError(version, "the file is no snapshot")
        (length,) = LENGTH.unpack(content[len(MAGIC) : start])
        end = start + length
        if length > MAX_HEADER_BYTES or len(content) < end + SIGNATURE_BYTES:
            raise SnapshotRefusedError(version, "the file is cut short or damaged")
        payload = content[end + SIGNATURE_BYTES :]
        if not hmac.compare_digest(self._sign(content[:end], payload), content[end : end + SIGNATURE_BYTES]):
            raise SnapshotRefusedError(
                version, "the signature does not verify: the file was changed, or signed with another key"
            )
        head = bytes(content[start:end])
        try:
            header = msgspec.json.decode(head, type=SnapshotHeader)
        except msgspec.DecodeError as error:
            raise SnapshotRefusedError(version, f"the header cannot be read: {error}") from error
        if header.role != role or _version(header, head, payload) != version:
            raise SnapshotRefusedError(version, "the file is another snapshot")
        return header, payload

    def _sign(self, before: bytes | memoryview, payload: bytes | memoryview) -> bytes:
        signature = hmac.new(self._key, before, sha256)
        signature.update(payload)
        return signature.digest()


def path_of(version: str, role: Role = "serving") -> str:
    """Where a snapshot is, below the model directory."""
    return f"{role}/{version}{SUFFIX}"


def name_of(version: str) -> str:
    """The candidate that a version is of; the version itself when it is none of a snapshot's."""
    match = VERSION.match(version)
    return match["name"] if match else version


def sequence_of(version: str) -> int:
    """A version's place in the chain; 0 when it is none of a snapshot's."""
    match = VERSION.match(version)
    return int(match["sequence"]) if match else 0


def _version(header: SnapshotHeader, head: bytes, payload: bytes | memoryview) -> str:
    digest = sha256(LENGTH.pack(len(head)) + head)
    digest.update(payload)
    return f"{header.name}-{header.sequence}-{digest.hexdigest()[:8]}"


class _Unpickler(pickle.Unpickler):
    """Makes nothing but what is on the list. Functions are named like classes, so a pickle cannot call any other."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in SNAPSHOT_CLASSES:
            raise _NotAllowedError(f"{module}.{name} is not allowed in a snapshot")
        return super().find_class(module, name)
