"""The verbs of streaming stories. They share what `Stories` holds: the sources and the story that is being told."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from tests.runner.python_body import evaluate, python_scope
from tests.runner.story import Plot, Source, Story, add, crash, fault, render_details, restart, step
from tests.runner.story_sinks import DEFAULT_SINK


class StoryError(Exception):
    """A verb out of place: a step without a story, a query that is no DataFrame."""


@dataclass(slots=True)
class Stories:
    """The stories of one file, one after the other."""

    spark: SparkSession
    directory: Path
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
        name, _, rest = declaration.partition("(")
        columns, _, settings = rest.rpartition(")")
        options = dict(setting.split("=", 1) for setting in settings.split())
        self.sources[name.strip()] = Source(name.strip(), columns, " ".join(select.split()), options)
        return []

    def begin(self, argument: str, body: str) -> list[str]:
        self.close()
        mode, *settings = argument.split()
        chosen = dict(setting.split("=") for setting in settings)
        named = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
        sources = {name: source for name, source in self.sources.items() if name in named}

        def build(frames: dict[str, DataFrame]) -> Any:
            return evaluate(body, {**python_scope(self.spark, str(self.directory)), **frames})

        plot = Plot(build, mode, chosen.get("trigger", "default"), chosen.get("sink", DEFAULT_SINK[mode]))
        self._told += 1
        self._current = Story(self.spark, self.directory / f"story_{self._told}", sources, plot)
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
