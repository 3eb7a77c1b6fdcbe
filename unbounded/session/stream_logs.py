"""How the logs of streaming file sources and sinks are kept, by the session's settings."""

from __future__ import annotations

from unbounded.checkpoint.compactible_log import LogSettings
from unbounded.session.config import SessionConfig


def source_log_settings(config: SessionConfig) -> LogSettings:
    return _settings(config, "spark.sql.streaming.fileSource.log")


def sink_log_settings(config: SessionConfig) -> LogSettings:
    return _settings(config, "spark.sql.streaming.fileSink.log")


def _settings(config: SessionConfig, prefix: str) -> LogSettings:
    return LogSettings(
        config.integer(f"{prefix}.compactInterval"),
        config.boolean(f"{prefix}.deletion"),
        config.duration_us(f"{prefix}.cleanupDelay") // 1000,
        config.integer("spark.sql.streaming.minBatchesToRetain"),
    )
