"""A streaming story: one query over source folders, told step by step; the batches it ran as lines of text."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException, StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from pyspark.sql.streaming.listener import StateOperatorProgress, StreamingQueryProgress

from tests.runner.rendering import hide_plan_ids
from tests.runner.story_rows import iso_seconds, json_lines, render_row, render_seconds
from tests.runner.story_sinks import SINKS, SinkPlace, StorySink
from tests.runner.story_sources import FILES, SOCKET, LineServer, Source, lines_read
from tests.runner.views import split_columns

SETTINGS = {"spark.sql.shuffle.partitions": "1", "spark.sql.streaming.fileSink.log.compactInterval": "1000"}
MODIFIED_AT = 1_700_000_000
TRIGGERS: dict[str, dict[str, Any]] = {"default": {}, "once": {"once": True}, "available_now": {"availableNow": True}}
WRITTEN_IN_ORDER = ("offsets", "commits")
MAX_TELLINGS = 20


class StorySplit(Exception):
    """The query looked between two files of one step, so it saw them in two batches: this run is not the story."""


@dataclass(frozen=True, slots=True)
class Plot:
    """What a story is about. `build` makes the query from the sources' DataFrames by name; for the sink `foreach` it
    makes a pair of it and the object that gets its rows. `options` are the sink's."""

    build: Callable[[dict[str, DataFrame]], Any]
    mode: str
    trigger: str
    sink: str
    options: dict[str, str]


@dataclass(slots=True)
class Telling:
    """One run of a story in a folder of its own; what it prints is told again if a step was split."""

    spark: SparkSession
    folder: Path
    sources: dict[str, Source]
    plot: Plot
    output: Path | None
    query: Any = None
    _server: LineServer | None = None
    _schemas: dict[str, T.StructType] = field(default_factory=dict)
    _sink: StorySink | None = None
    _shown: int = 0
    _batch_times_ms: dict[int, int] = field(default_factory=dict)
    _file_numbers: Iterator[int] = field(default_factory=itertools.count)

    def open(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        for name, source in self.sources.items():
            (self.folder / name).mkdir(parents=True)
            if source.format == SOCKET:
                self._server = LineServer()
        for key, value in SETTINGS.items():
            self.spark.conf.set(key, value)
        if self.plot.trigger == "default":
            self._start("default")

    def close(self) -> None:
        """Nothing of the story is left running."""
        self.stop()
        if self._server is not None:
            self._server.close()

    def stop(self) -> None:
        if self.query is not None:
            self.query.stop()
            self.query = None
        if self._server is not None:
            self._server.disconnect()

    def add(self, rows: str) -> list[str]:
        """One file for every source named. Returns the folders that have a new one. A socket gets its lines."""
        if self._server is not None:
            self._server.send(rows.split())
            return []
        ready = [self._write_file(name, cells) for name, cells in self._rows_by_source(rows)]
        for hidden, final in ready:
            hidden.rename(final)
        return [str(final.parent) for _, final in ready]

    def step(self, rows: str) -> list[StreamingQueryProgress]:
        """Raises: StorySplit, StreamingQueryException after `batches` of what came before it"""
        folders = self.add(rows)
        if self.plot.trigger == "default" or self.query is not None and self.query.isActive:
            self._process_all()
        else:
            self._run(self.plot.trigger)
        batches = self.batches()
        check_unsplit(batches, folders)
        return batches

    def _process_all(self) -> None:
        self.query.processAllAvailable()
        while self._server is not None and not self._server.has_been_read(self.query.recentProgress):
            self.query.processAllAvailable()

    def crash(self, before: str) -> None:
        """The query ends as if it had been killed before it wrote this file of the checkpoint."""
        self.stop()
        log, _, batch_id = before.partition("/")
        for written in WRITTEN_IN_ORDER[WRITTEN_IN_ORDER.index(log) :]:
            self.damage(f"{written}/{batch_id}", "")

    def damage(self, name: str, content: str) -> None:
        """A file of the checkpoint gets this content; without any it is lost."""
        self.stop()
        file = self.folder / "checkpoint" / name
        file.with_name(f".{file.name}.crc").unlink(missing_ok=True)
        if content:
            file.write_text(content)
        else:
            file.unlink(missing_ok=True)

    def state(self, operator: str) -> list[str]:
        """The rows of an operator's state, the key before its value."""
        reader = self.spark.read.format("statestore").option("operatorId", operator)
        rows = reader.load(str(self.folder / "checkpoint")).select("key.*", "value.*").collect()
        return sorted(render_row(list(row.asDict(recursive=True).values()), 0) for row in rows)

    def restart(self, rows: str, *, trigger: str) -> list[StreamingQueryProgress]:
        """Stops, adds rows, starts and runs what there is to run."""
        self.stop()
        self.add(rows)
        self._run(trigger)
        return self.batches()

    def batches(self) -> list[StreamingQueryProgress]:
        """The batches that ran since the last call; updates of an idle query are left out."""
        executed = [batch for batch in self.query.recentProgress if "addBatch" in batch.durationMs]
        start, self._shown = self._shown, len(executed)
        return executed[start:]

    def render_batch(self, batch: StreamingQueryProgress) -> list[str]:
        assert self._sink is not None
        offsets = self.folder / "checkpoint" / "offsets" / str(batch.batchId)
        logged_ms = json.loads(offsets.read_text().split("\n")[1])["batchTimestampMs"]
        batch_time_ms = self._batch_times_ms.setdefault(batch.batchId, logged_ms)
        return [render_header(batch), *(f"  {line}".rstrip() for line in self._sink.lines(batch, batch_time_ms))]

    def checkpoint(self) -> list[str]:
        """Batch by batch: watermark and offsets it began with; the watermark for the next, once it is committed."""
        lines = []
        for log in ("offsets", "commits"):
            folder = self.folder / "checkpoint" / log
            names = sorted((file.name for file in folder.glob("[0-9]*")), key=int)
            lines += [f"{log}/{name}  {_log_entry((folder / name).read_text())}" for name in names]
        return lines

    def _run(self, trigger: str) -> None:
        """A new run, until it has done all there is to do."""
        self._start(trigger)
        if trigger == "default":
            self._process_all()
        else:
            self.query.awaitTermination()

    def _start(self, trigger: str) -> None:
        built = self.plot.build({name: self._read(source) for name, source in self.sources.items()})
        query, receiver = built if isinstance(built, tuple) else (built, None)
        if self._sink is None:
            place = SinkPlace(self.spark, self.folder / "sink", query.schema, receiver, self.output)
            self._sink = SINKS[self.plot.sink](place)
        writer = query.writeStream.outputMode(self.plot.mode).options(**self.plot.options)
        writer = self._sink.attach(writer.option("checkpointLocation", str(self.folder / "checkpoint")))
        chosen = TRIGGERS[trigger]
        self.query, self._shown = (writer.trigger(**chosen) if chosen else writer).start(), 0

    def _read(self, source: Source) -> DataFrame:
        df = self._read_files(source) if source.format == FILES else self._read_other(source)
        return df.selectExpr(*split_columns(source.select)) if source.select else df

    def _read_files(self, source: Source) -> DataFrame:
        options = {"maxFilesPerTrigger": "1", **source.options}
        reader = self.spark.readStream.schema(source.columns).options(**{k: v for k, v in options.items() if v})
        return reader.json(str(self.folder / source.name))

    def _read_other(self, source: Source) -> DataFrame:
        address = self._server.address if self._server is not None else {}
        return self.spark.readStream.format(source.format).options(**address, **source.options).load()

    def _rows_by_source(self, text: str) -> list[tuple[str, str]]:
        if len(self.sources) == 1:
            return [(name, text) for name in self.sources if text.strip()]
        lines = [line.partition(":") for line in text.split("\n") if line.strip()]
        return [(name.strip(), cells) for name, _, cells in lines]

    def _write_file(self, name: str, cells: str) -> tuple[Path, Path]:
        if name not in self._schemas:
            self._schemas[name] = T.StructType.fromDDL(self.sources[name].columns)
        number = next(self._file_numbers)
        final = self.folder / name / f"{number:04d}.json"
        hidden = final.with_name(f".{final.name}")
        hidden.write_text(json_lines(self._schemas[name], cells))
        os.utime(hidden, (MODIFIED_AT + number, MODIFIED_AT + number))
        return hidden, final


class Story:
    """Tells a plot, from its beginning again whenever a step was split (its files are renamed one after the other)."""

    def __init__(self, first: Telling) -> None:
        self._telling = first
        self._acts: list[Callable[[Telling], list[str]]] = []
        self._telling.open()

    @property
    def telling(self) -> Telling:
        return self._telling

    def close(self) -> None:
        self._telling.close()

    def act(self, act: Callable[[Telling], list[str]]) -> list[str]:
        """The lines of a further act. Raises: StorySplit if that happens time and again"""
        self._acts.append(act)
        try:
            return act(self._telling)
        except StorySplit:
            return self._tell_again()

    def _tell_again(self) -> list[str]:
        for _ in range(MAX_TELLINGS):
            self.close()
            old = self._telling
            self._telling = Telling(old.spark, old.folder, old.sources, old.plot, old.output)
            self._telling.open()
            try:
                return [act(self._telling) for act in self._acts][-1]
            except StorySplit:
                continue
        raise StorySplit(f"{MAX_TELLINGS} times")


def step(rows: str) -> Callable[[Telling], list[str]]:
    return lambda telling: _narrate(telling, lambda: telling.step(rows))


def restart(rows: str, *, trigger: str = "default") -> Callable[[Telling], list[str]]:
    return lambda telling: _narrate(telling, lambda: telling.restart(rows, trigger=trigger))


def add(rows: str) -> Callable[[Telling], list[str]]:
    def act(telling: Telling) -> list[str]:
        telling.add(rows)
        return []

    return act


def crash(before: str) -> Callable[[Telling], list[str]]:
    return lambda telling: telling.crash(before) or []


def fault(name: str, content: str) -> Callable[[Telling], list[str]]:
    return lambda telling: telling.damage(name, content) or []


def _narrate(telling: Telling, run: Callable[[], list[StreamingQueryProgress]]) -> list[str]:
    """The batches, then how the query failed if it did."""
    failed: list[str] = []
    try:
        batches = run()
    except StreamingQueryException as error:
        batches, failed = telling.batches(), [render_failure(error)]
    except PySparkException as error:  # it did not start
        batches, failed = [], [render_failure(error)]
    return [line for batch in batches for line in telling.render_batch(batch)] + failed


def render_header(batch: StreamingQueryProgress) -> str:
    watermark = batch.eventTime.get("watermark")
    facts = [f"batch {batch.batchId}", f"in {batch.numInputRows}"]
    facts += [f"watermark {iso_seconds(watermark)}"] if watermark is not None else []
    facts += [f"state {'; '.join(map(_counters, batch.stateOperators))}"] if batch.stateOperators else []
    duplicates = sum(operator.customMetrics.get("numDroppedDuplicateRows", 0) for operator in batch.stateOperators)
    return "  ".join([*facts, *([f"duplicates {duplicates}"] if duplicates else [])])


def render_details(batch: StreamingQueryProgress) -> list[str]:
    """What a progress says besides the header: event times, offsets of every source, names of the operators."""
    times = {name: iso_seconds(text) for name, text in batch.eventTime.items() if name != "watermark"}
    lines = [f"batch {batch.batchId}  sink rows {batch.sink.numOutputRows}"]
    lines += ["  event time " + "  ".join(f"{name} {times[name]}" for name in ("min", "avg", "max"))] if times else []
    for source in batch.sources:
        start, end = map(_compact, (source.startOffset, source.endOffset))
        lines.append(f"  source {start} -> {end}  in {source.numInputRows}")
    return lines + [f"  operator {operator.operatorName}" for operator in batch.stateOperators]


def render_failure(error: PySparkException) -> str:
    message = re.sub(r"^.*?terminated with exception: ", "", str(error), flags=re.DOTALL).split("\n")[0]
    return "failed  " + hide_plan_ids(re.sub(r"( SQLSTATE: \w+)+$", "", message))


def _compact(offset: str) -> str:
    """The JSON text of an offset; clients differ in its blanks."""
    return offset.replace(": ", ":").replace(", ", ",")


def _counters(operator: StateOperatorProgress) -> str:
    counts = (operator.numRowsTotal, operator.numRowsUpdated, operator.numRowsRemoved)
    return "/".join(map(str, (*counts, operator.numRowsDroppedByWatermark)))


def _log_entry(text: str) -> str:
    _, *lines = text.split("\n")
    if not lines:
        return "empty"
    metadata, *offsets = lines
    entry = json.loads(metadata)
    watermark_ms = entry.get("batchWatermarkMs", entry.get("nextBatchWatermarkMs"))
    return "  ".join([f"watermark {render_seconds(watermark_ms * 1000)}", *offsets])


def check_unsplit(batches: list[StreamingQueryProgress], folders: list[str]) -> None:
    """Raises: StorySplit unless every source over these folders gave its new file to the first batch, and a socket all
    its lines to one batch"""
    if sum(lines_read(batch) > 0 for batch in batches) > 1:
        raise StorySplit
    for source in batches[0].sources if batches else ():
        has_new_file = any(f"{folder}]" in source.description for folder in folders)
        if has_new_file and source.startOffset == source.endOffset:
            raise StorySplit
