"""Which files a read means: paths, globs, folders and partitions become a list of files. Reads no contents."""

from __future__ import annotations

import fnmatch
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unbounded.connectors.files.partitions import Values, infer_types, read_values
from unbounded.connectors.files.paths import alternatives, is_glob, local_path, match_glob, shown_path
from unbounded.errors import analysis_error
from unbounded.types.datatypes import STRING, StructField, StructType

MANIFEST_FOLDER = "_spark_metadata"
"""In the folder of a streaming file sink: which of its files count."""

_logger = logging.getLogger("unbounded")


@dataclass(frozen=True, slots=True)
class DataFile:
    """`values` are the partition values of its folders, by the position of the listing's partition schema."""

    path: str
    size_bytes: int
    modified_ms: int
    values: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Files sorted by path within each path asked for."""

    files: tuple[DataFile, ...]
    partition_schema: StructType = StructType()


@dataclass(frozen=True, slots=True)
class ListingOptions:
    """`modified_before_us` and `modified_after_us` are instants; files outside are left out."""

    path_glob_filter: str | None = None
    is_recursive: bool = False
    base_path: str | None = None
    modified_before_us: int | None = None
    modified_after_us: int | None = None
    infers_partition_types: bool = True


@dataclass(frozen=True, slots=True)
class _Found:
    """`file`: its size and time, if they are known without a look."""

    path: str
    folders: tuple[str, ...]
    file: DataFile | None = None


def list_files(paths: Sequence[str], options: ListingOptions) -> Listing:
    """The files `paths` mean.

    Raises: SparkError PATH_NOT_FOUND, CONFLICTING_DIRECTORY_STRUCTURES
    """
    found: list[_Found] = []
    for path in paths:
        for root in _roots(path):
            found.extend(_below(root, options))
    return _partitioned(found, options)


def list_known(root: str, files: Sequence[DataFile], options: ListingOptions) -> Listing:
    """What a read of the folder `root` means if `files` are all its files.

    Raises: SparkError CONFLICTING_DIRECTORY_STRUCTURES
    """
    below = (os.path.relpath(os.path.dirname(file.path), root).split(os.sep) for file in files)
    folders = (tuple(names) if names != ["."] else () for names in below)
    found = [_Found(file.path, names, file) for file, names in zip(files, folders, strict=True)]
    return _partitioned([f for f in found if not is_hidden(os.path.basename(f.path))], options)


def watched_folders(path: str) -> Iterator[str]:
    """Folders in which a change may mean another file of `path`: a local path or a glob."""
    absolute = local_path(path)
    if os.path.exists(absolute):
        yield from _folders_below(absolute)
        return
    for plain in alternatives(absolute):
        parts = plain.split("/")
        first = next((i for i, part in enumerate(parts) if is_glob(part)), len(parts) - 1)
        for end in range(first, len(parts)):
            yield from filter(os.path.isdir, match_glob("/".join(parts[:end]) or "/"))
        for root in match_glob(plain):
            yield from _folders_below(root)


def _folders_below(root: str) -> Iterator[str]:
    for folder, names, _ in os.walk(root):
        names[:] = [name for name in names if not is_hidden(name) or name == MANIFEST_FOLDER]
        yield folder


def _roots(path: str) -> Sequence[str]:
    """Existing paths for one path asked for; a name that exists is never a glob."""
    absolute = local_path(path)
    if os.path.exists(absolute):
        return [absolute]
    matches = match_glob(absolute) if is_glob(absolute) else []
    if not matches:
        raise analysis_error("PATH_NOT_FOUND", path=shown_path(absolute))
    visible = [match for match in matches if not is_hidden(os.path.basename(match))]
    if not visible:
        _logger.warning("All paths were ignored:\n  %s", "\n  ".join(matches))
    return visible


def is_hidden(name: str) -> bool:
    """Names that Spark passes over: `_name` unless it is a partition folder, `.name`, and unfinished copies."""
    return (name.startswith("_") and "=" not in name) or name.startswith(".") or name.endswith("._COPYING_")


def _below(root: str, options: ListingOptions) -> Iterator[_Found]:
    if not os.path.isdir(root):
        folders = _folders_from_base(os.path.dirname(root), options) if options.base_path else ()
        if not is_hidden(os.path.basename(root)):
            yield _Found(root, folders)
        return
    yield from _walk(root, _folders_from_base(root, options))


def _folders_from_base(folder: str, options: ListingOptions) -> tuple[str, ...]:
    """The folders between `basePath` and `folder`: they count as partitions too."""
    if options.base_path is None:
        return ()
    relative = os.path.relpath(folder, local_path(options.base_path))
    if relative == "." or relative.startswith(".."):
        return ()
    return tuple(relative.split(os.sep))


def _walk(folder: str, folders: tuple[str, ...]) -> Iterator[_Found]:
    with os.scandir(folder) as scanned:
        entries = sorted((e for e in scanned if not is_hidden(e.name)), key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            yield from _walk(entry.path, (*folders, entry.name))
        else:
            yield _Found(entry.path, folders)


def _partitioned(found: list[_Found], options: ListingOptions) -> Listing:
    """Without partitions only the files of the folders asked for count, unless the search is recursive."""
    rows = {f.path: read_values(f.folders) or () for f in found} if not options.is_recursive else {}
    if not any(rows.values()):
        chosen = [f for f in found if options.is_recursive or not f.folders]
        return Listing(tuple(_kept(chosen, {}, options)))
    names = {tuple(key for key, _ in row) for row in rows.values()}
    if len(names) > 1:
        shown = "\n\t".join(sorted({shown_path(os.path.dirname(f.path)) for f in found}))
        raise analysis_error("CONFLICTING_DIRECTORY_STRUCTURES", discoveredBasePaths=f"\n\t{shown}")
    types = infer_types(rows.values()) if options.infers_partition_types else {}
    schema = StructType(tuple(StructField(name, types.get(name, STRING)) for name in names.pop()))
    return Listing(tuple(_kept(found, rows, options)), schema)


def _kept(found: list[_Found], rows: dict[str, Values], options: ListingOptions) -> Iterator[DataFile]:
    pattern = options.path_glob_filter
    for file in found:
        if pattern is not None and not _matches(os.path.basename(file.path), pattern):
            continue
        status = _status(file)
        if status is None:
            continue
        size_bytes, modified_us = status
        is_late = options.modified_before_us is not None and modified_us >= options.modified_before_us
        is_early = options.modified_after_us is not None and modified_us <= options.modified_after_us
        if not is_late and not is_early:
            values = tuple(value for _, value in rows.get(file.path, ()))
            yield DataFile(file.path, size_bytes, modified_us // 1000, values)


def _status(found: _Found) -> tuple[int, int] | None:
    """Size in bytes and time of modification in microseconds; None for a file that has just gone."""
    if found.file is not None:
        return found.file.size_bytes, found.file.modified_ms * 1000
    try:
        status = os.stat(found.path)
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns // 1000


def _matches(name: str, pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(name, plain.replace("[^", "[!")) for plain in alternatives(pattern))
