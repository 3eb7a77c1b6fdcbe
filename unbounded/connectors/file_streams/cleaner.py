"""What `cleanSource` does with files whose batch is done: moves them below an archive, or deletes them.

A file that cannot be cleaned is reported in the log and stays; the query goes on, as in Spark.
"""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Sequence

from unbounded.connectors.file_streams.options import CleanSource, FileStreamOptions
from unbounded.connectors.files.paths import alternatives
from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import SparkError
from unbounded.storage.api import FileSystem

_logger = logging.getLogger("unbounded")


def check_archive(source: str, archive: str) -> None:
    """`source` may be a glob. Raises: SparkError if archived files could be found by the source again"""
    if any(_may_match(plain, archive) for plain in alternatives(source)):
        message = (
            "requirement failed: Base archive path cannot be set to the path where archived path can possibly match "
            "with source pattern. Ensure the base archive path doesn't match with source pattern in depth, where the "
            "depth is minimum of depth on both paths."
        )
        raise illegal_argument(message)


def _may_match(pattern: str, archive: str) -> bool:
    """Whether the folders of both are the same, as far as the shorter one goes."""
    pairs = zip(pattern.strip("/").split("/"), archive.strip("/").split("/"), strict=False)
    return all(fnmatch.fnmatchcase(folder, wanted.replace("[^", "[!")) for wanted, folder in pairs)


def clean(paths: Sequence[str], options: FileStreamOptions, files: FileSystem) -> None:
    for path in paths:
        try:
            if options.clean_source is CleanSource.DELETE:
                files.delete(path)
            elif options.archive is not None and files.exists(path):
                files.rename(path, options.archive.rstrip("/") + path)
        except (OSError, SparkError) as error:
            _logger.warning("Fail to clean %s: %s. It stays.", path, error)
