"""The AddArtifacts call: puts chunks together, checks their sums, hands whole artifacts to the session."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pyspark.sql.connect.proto import AddArtifactsRequest, AddArtifactsResponse

from unbounded.connect.decode.context import invalid_plan, one_of_not_set
from unbounded.session.artifacts import Artifacts


@dataclass(slots=True)
class _Upload:
    """An artifact that is still arriving."""

    name: str
    chunks_missing: int
    content: bytearray = field(default_factory=bytearray)
    is_intact: bool = True

    def add(self, chunk: AddArtifactsRequest.ArtifactChunk) -> None:
        self.content += chunk.data
        self.is_intact = self.is_intact and _is_intact(chunk)
        self.chunks_missing -= 1


def add_artifacts(
    artifacts: Artifacts, requests: Iterable[AddArtifactsRequest]
) -> list[AddArtifactsResponse.ArtifactSummary]:
    """Adds each artifact whose sums are right; the summary says so of each. Ends with the stream of `requests`."""
    summaries = []
    for upload in _uploads(requests):
        if upload.is_intact:
            artifacts.add(upload.name, bytes(upload.content))
        summaries.append(AddArtifactsResponse.ArtifactSummary(name=upload.name, is_crc_successful=upload.is_intact))
    artifacts.put_on_import_path()
    return summaries


def _uploads(requests: Iterable[AddArtifactsRequest]) -> Iterator[_Upload]:
    """The artifacts in the order in which they are complete."""
    pending: _Upload | None = None
    for request in requests:
        match request.WhichOneof("payload"):
            case "batch":
                yield from (_single(artifact) for artifact in request.batch.artifacts)
            case "begin_chunk":
                pending = _begin(request.begin_chunk)
            case "chunk" if pending is not None:
                pending.add(request.chunk)
            case "chunk":
                raise invalid_plan("ASSERTION_FAILURE", message="A chunk of an artifact came before its beginning")
            case _:
                raise one_of_not_set(request, "payload")
        if pending is not None and pending.chunks_missing == 0:
            yield pending
            pending = None


def _single(artifact: AddArtifactsRequest.SingleChunkArtifact) -> _Upload:
    upload = _Upload(artifact.name, chunks_missing=1)
    upload.add(artifact.data)
    return upload


def _begin(begin: AddArtifactsRequest.BeginChunkedArtifact) -> _Upload:
    upload = _Upload(begin.name, chunks_missing=begin.num_chunks)
    upload.add(begin.initial_chunk)
    return upload


def _is_intact(chunk: AddArtifactsRequest.ArtifactChunk) -> bool:
    return zlib.crc32(chunk.data) == chunk.crc
