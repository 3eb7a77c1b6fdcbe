"""The programs of the guides print what the guides say."""

from __future__ import annotations

import re

from tests.clients.program import REPOSITORY, Outcome, Program


def test_the_streaming_guide(program: Program) -> None:
    guide = (REPOSITORY / "docs" / "streaming.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```\n\nIt prints\n\n```\n(.*?)```", guide, re.DOTALL)
    assert found is not None
    assert program.run(found[1]) == Outcome(0, found[2], "")
