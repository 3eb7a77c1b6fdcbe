"""Every option that is looked at is in the page for users."""

from __future__ import annotations

from pathlib import Path

from unbounded.connectors.jdbc.options import KNOWN_OPTIONS

PAGE = Path(__file__).resolve().parents[4] / "docs" / "connectors-jdbc.md"


def test_every_option_is_documented() -> None:
    text = PAGE.read_text("utf-8").lower()
    assert [name for name in sorted(KNOWN_OPTIONS) if f"`{name}`" not in text] == []
