"""The watch over an engine's queries: the monitoring page, and lines in the terminal if they are asked for.

The page is loaded when the first query has started: an engine without one pays nothing for it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from unbounded.clock import SystemClock
from unbounded.dashboard.access import AccessRules
from unbounded.dashboard.monitor import QueryMonitor, Shown
from unbounded.session.config import SessionConfig


def watch_queries(settings: Mapping[str, str]) -> QueryMonitor:
    """`settings`: of the engine. Whether and on which port there is a page, the session of the first query says."""
    config = SessionConfig(settings)
    return QueryMonitor(SystemClock(), lambda monitor, port: _show(monitor, port, config))


def _show(monitor: QueryMonitor, port: int, config: SessionConfig) -> Shown:
    """Raises: OSError if no port is free, ValueError for an address open to everybody"""
    from unbounded.dashboard.page_server import PageServer  # noqa: PLC0415  no program without a stream shall wait for it

    rules = AccessRules(config.get("unbounded.ui.host"), config.find("unbounded.ui.token"))
    page = PageServer(monitor, rules, port)
    sys.stderr.write(f"unbounded: watch the queries at http://{_shown_host(rules.host)}:{page.port}\n")
    return page


def _shown_host(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
