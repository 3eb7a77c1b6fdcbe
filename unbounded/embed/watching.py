"""The watch over an engine's queries: the monitoring page, and lines in the terminal if they are asked for.

The page is loaded when the first query has started: an engine without one pays nothing for it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from unbounded.clock import SystemClock
from unbounded.dashboard.access import AccessRules
from unbounded.dashboard.monitor import QueryMonitor, Shown
from unbounded.execution.database import EngineSettingRefused
from unbounded.session.config import SessionConfig
from unbounded.session.settings_table import UI_ENABLED


def watch_queries(settings: Mapping[str, str]) -> QueryMonitor:
    """`settings`: of the engine. Whether and on which port there is a page, the session of the first query says.

    Raises: EngineSettingRefused for wrong values, and for an address open to everybody
    """
    config = SessionConfig(settings)
    try:
        config.boolean(UI_ENABLED)
        has_lines = config.boolean("unbounded.ui.progress")
        config.integer("unbounded.ui.port")
        rules = AccessRules(config.get("unbounded.ui.host"), config.find("unbounded.ui.token"))
    except ValueError as error:
        raise EngineSettingRefused(f"a setting unbounded.ui.… cannot be used: {error}") from error
    return QueryMonitor(SystemClock(), lambda monitor, port: _show(monitor, port, rules, has_lines=has_lines))


def _show(monitor: QueryMonitor, port: int, rules: AccessRules, *, has_lines: bool) -> Shown:
    """Raises: OSError if no port is free"""
    # No program without a stream shall wait for these:
    from unbounded.dashboard.page_server import PageServer  # noqa: PLC0415
    from unbounded.dashboard.progress_lines import ProgressLines  # noqa: PLC0415

    page = PageServer(monitor, rules, port, SystemClock())
    shown = f"watch the queries at http://{_shown_host(rules.host)}:{page.port}"
    sys.stderr.write(f"unbounded: {shown}\n")
    return _Both(page, ProgressLines(monitor, sys.stderr, shown)) if has_lines else page


@dataclass(frozen=True, slots=True)
class _Both:
    """Page and lines."""

    first: Shown
    second: Shown

    def close(self) -> None:
        self.second.close()
        self.first.close()


def _shown_host(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
