"""The verbs of streaming stories. They share what `Stories` holds: the sources and the story that is being told."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from tests.runner.python_body import evaluate, python_scope
from tests.runner.story import Plot, Story, Telling, add, crash, fault, render_details, restart, step
from tests.runner.story_sinks import DEFAULT_SINK
from tests.runner.story_sources import Source, declared_source


class StoryError(Exception):
    """A verb out of place: a step without a story, a query that is no DataFrame."""


@dataclass(slots=True)
class Stories:
    """The stories of one file, one after the other. `output`: what the server prints, if that is known."""

    spark: SparkSession
    directory: Path
    output: Path | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    _told: int = 0
    _current: Story | None = None

    @property
    def current(self) -> Story:
        if self._current is None:
            raise StoryError("no story: a `stream` block comes first")
        return self._current

    def declare(self, declaration: str, select: str) -> list[str]:
        """A source for the stories below."""
        source = declared_source(declaration, " ".join(select.split()))
        self.sources[source.name] = source
        return []

    def begin(self, argument: str, body: str) -> list[str]:
        self.close()
        mode, *settings = argument.split()
        chosen = dict(setting.split("=") for setting in settings)
        named = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
        sources = {name: source for name, source in self.sources.items() if name in named}

        def build(frames: dict[str, DataFrame]) -> Any:
            return evaluate(body, {**python_scope(self.spark, str(self.directory)), **frames})

        trigger, sink = chosen.pop("trigger", "default"), chosen.pop("sink", DEFAULT_SINK[mode])
        plot = Plot(build, mode, trigger, sink, chosen)
        self._told += 1
        folder = self.directory / f"story_{self._told}"
        self._current = Story(Telling(self.spark, folder, sources, plot, self.output))
        return []

    def close(self) -> None:
        if self._current is not None:
            self._current.close()
            self._current = None

    def add(self, argument: str, rows: str) -> list[str]:
        return self.current.act(add(rows))

    def step(self, argument: str, rows: str) -> list[str]:
        return self.current.act(step(rows))

    def restart(self, argument: str, rows: str) -> list[str]:
        return self.current.act(restart(rows, **dict(setting.split("=") for setting in argument.split())))

    def crash(self, argument: str, body: str) -> list[str]:
        return self.current.act(crash(**dict(setting.split("=") for setting in argument.split())))

    def fault(self, argument: str, content: str) -> list[str]:
        return self.current.act(fault(argument, content))

    def state(self, argument: str, body: str) -> list[str]:
        return self.current.telling.state(argument or "0")

    def files(self, argument: str, body: str) -> list[str]:
        return self.current.telling.checkpoint()

    def progress(self, argument: str, body: str) -> list[str]:
        executed = [batch for batch in self.current.telling.query.recentProgress if "addBatch" in batch.durationMs]
        return [line for batch in executed for line in render_details(batch)]
