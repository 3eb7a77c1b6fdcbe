"""The settings of a streaming query, from those of its session and those that its checkpoint holds."""

from __future__ import annotations

from unbounded.checkpoint.checkpoint import Checkpoint
from unbounded.connectors.streams import OutputMode
from unbounded.functions.durations import parse_duration_us
from unbounded.session.config import SessionConfig
from unbounded.state.columnar_store import StateSettings
from unbounded.streaming.microbatch import StreamSettings
from unbounded.streaming.query import ReportSettings
from unbounded.streaming.runner import Schedule

LOGGED_SETTINGS = (
    "spark.sql.shuffle.partitions",
    "spark.sql.streaming.stateStore.providerClass",
    "spark.sql.streaming.multipleWatermarkPolicy",
    "spark.sql.streaming.flatMapGroupsWithState.stateFormatVersion",
    "spark.sql.streaming.aggregation.stateFormatVersion",
    "spark.sql.streaming.join.stateFormatVersion",
    "spark.sql.streaming.stateStore.compression.codec",
    "spark.sql.streaming.stateStore.rocksdb.formatVersion",
    "spark.sql.streaming.stateStore.rocksdb.mergeOperatorVersion",
    "spark.sql.streaming.stateStore.rowChecksum.enabled",
    "spark.sql.streaming.queryEvolution.enableSourceEvolution",
    "spark.sql.function.protobufExtensions.enabled",
    "spark.sql.streaming.statefulOperator.useStrictDistribution",
    "spark.sql.optimizer.pruneFiltersCanPruneStreamingSubplan",
    "spark.sql.streaming.stateStore.encodingFormat",
)
"""Settings that Spark keeps with every batch, so that a cluster can go on from the checkpoint."""

IDLE_TIMEOUT = "unbounded.streaming.idleTimeout"


def stream_settings(
    config: SessionConfig, mode: OutputMode, checkpoint: Checkpoint, schedule: Schedule
) -> StreamSettings:
    """What the first run has logged holds for all later ones."""
    prefix = "spark.sql.streaming."
    latest = checkpoint.offsets.log.latest()
    before = checkpoint.offsets.read(latest).settings if latest is not None else {}
    current = {key: value for key in LOGGED_SETTINGS if (value := config.find(key)) is not None}
    idle_timeout = config.find(IDLE_TIMEOUT)
    logged = {**current, **{key: before[key] for key in current if key in before}}
    return StreamSettings(
        mode,
        config.integer(f"{prefix}minBatchesToRetain"),
        logged,
        config.boolean(f"{prefix}noDataMicroBatches.enabled"),
        logged[f"{prefix}multipleWatermarkPolicy"].lower() == "max",
        config.boolean(f"{prefix}stateStore.stateSchemaCheck"),
        None if idle_timeout is None else parse_duration_us(idle_timeout) // 1000,
        schedule.commit_interval_us // 1000,
    )


def report_settings(config: SessionConfig) -> ReportSettings:
    """Of `numRecentProgressUpdates` Spark keeps one less."""
    prefix = "spark.sql.streaming."
    recent_count = config.integer(f"{prefix}numRecentProgressUpdates") - 1
    return ReportSettings(max(recent_count, 0), config.duration_us(f"{prefix}noDataProgressEventInterval"))


def state_settings(config: SessionConfig) -> StateSettings:
    return StateSettings(
        config.integer("spark.sql.streaming.stateStore.minDeltasForSnapshot"),
        config.size_bytes("unbounded.streaming.state.memoryLimit"),
    )
