"""`.case` files as pytest files, blocks as items named `file.case:LINE`; comparison and `--rewrite`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runner.case_file import Block, CaseFile, read_case_file, render_case_file
from tests.runner.case_run import CaseRun, Lines
from tests.runner.engine import EngineUnderTest

ENGINE = pytest.StashKey[EngineUnderTest]()


class ResultDiffers(Exception):
    """The result of a block is not the expected one; the text is a diff."""


class RewriteRefused(Exception):
    """`--rewrite` on a file whose results come from real Spark."""


class CaseFileItems(pytest.File):
    """One file; holds the run its items share."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case_file: CaseFile = read_case_file(self.path)
        self._run: CaseRun | None = None
        self._rewritten: dict[int, Lines] = {}

    def collect(self) -> Iterator[BlockItem]:
        expects_failures = not self.config.getoption("--remote")
        for block in self.case_file.blocks:
            item: BlockItem = BlockItem.from_parent(self, name=f"{self.path.name}:{block.line}", block=block)
            if expects_failures and block.expected_failure is not None:
                item.add_marker(pytest.mark.xfail(strict=True, reason=block.expected_failure))
            yield item

    def run_block(self, block: Block) -> Lines:
        if self._run is None:
            engine = self.config.stash[ENGINE]
            self._run = CaseRun(engine.url, self.case_file.blocks, engine.output)
        return self._run.result(block)

    def rewrite(self, block: Block, result: Lines) -> None:
        """Written at teardown, so that lines (the items' names) stay valid during the run."""
        if self.case_file.recorded is not None:
            raise RewriteRefused(f"{self.path.name} is recorded from {self.case_file.recorded}: use scripts/record")
        self._rewritten[block.line] = result

    def teardown(self) -> None:
        if self._run is not None:
            self._run.close()
            self._run = None
        if self._rewritten:
            rewritten = self.case_file.with_results(self._rewritten, recorded=None)
            self.path.write_bytes(render_case_file(rewritten).encode())


class BlockItem(pytest.Item):
    """One block of a file; run alone, it runs the blocks above it first."""

    def __init__(self, *, block: Block, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.block = block

    @property
    def case(self) -> CaseFileItems:
        assert isinstance(self.parent, CaseFileItems)
        return self.parent

    def runtest(self) -> None:
        result = self.case.run_block(self.block)
        if self.config.getoption("--rewrite"):
            self.case.rewrite(self.block, result)
        elif result != self.block.result:
            raise ResultDiffers(render_difference(self.block, result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, ResultDiffers | RewriteRefused):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.block.line - 1, self.name


def render_difference(block: Block, result: Lines) -> str:
    diff = difflib.unified_diff(block.result, result, "expected", "engine", lineterm="", n=1000)
    return "\n".join([block.verb_line, *block.body, "----", *diff])
