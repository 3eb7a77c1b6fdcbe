"""Collects `.case` files; gives every test the engine's address. The machinery is in runner/."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import HealthCheck, settings

from tests.databases.services import missing_services
from tests.runner.case_file import belongs_here
from tests.runner.collection import ENGINE, CaseFileItems
from tests.runner.engine import ENGINE_SETTINGS, EngineUnderTest
from unbounded.session.settings_table import UI_VARIABLE

_SLOW_MACHINE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("same", derandomize=True, **_SLOW_MACHINE)  # type: ignore[arg-type]
settings.register_profile("explore", **_SLOW_MACHINE)  # type: ignore[arg-type]
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cases")
    group.addoption("--rewrite", action="store_true", help="write the engine's results into the .case files")
    group.addoption("--engine-settings", choices=sorted(ENGINE_SETTINGS), default="default", metavar="NAME")
    group.addoption("--remote", metavar="URL", help="run the .case files on this Spark Connect server, ignoring todo")


def pytest_configure(config: pytest.Config) -> None:
    os.environ[UI_VARIABLE] = "false"  # tests that want the page switch it on
    engine = EngineUnderTest(settings_name=config.getoption("--engine-settings"), remote=config.getoption("--remote"))
    config.stash[ENGINE] = engine
    config.add_cleanup(engine.close)
    config.args[:] = [_node_id(argument) for argument in config.args]


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> CaseFileItems | None:
    if not belongs_here(file_path):
        return None
    return CaseFileItems.from_parent(parent, path=file_path)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Tests that had no Kafka broker or no database are no ordinary skips."""
    for service in missing_services():
        terminalreporter.write_line(f"NOT TESTED, because it is not installed: {service}", red=True, bold=True)
    skipped = [report.longrepr for report in terminalreporter.stats.get("skipped", [])]
    reasons = [place[2] for place in skipped if isinstance(place, tuple) and "no Kafka broker" in place[2]]
    if reasons:
        had = reasons[0].removeprefix("Skipped: ")
        text = f"{len(reasons)} tests had {had}; for them there is the mock cluster alone."
        terminalreporter.write_line(f"ATTENTION: {text}", red=True, bold=True)


@pytest.fixture(scope="session")
def engine_url(pytestconfig: pytest.Config) -> str:
    """The address of the engine all tests of this run share."""
    return pytestconfig.stash[ENGINE].url


def _node_id(argument: str) -> str:
    """`path/file.case:41` → the node id of that block."""
    match = re.fullmatch(r"(.*?)([^/]+\.case):(\d+)", argument)
    return f"{match[1]}{match[2]}::{match[2]}:{match[3]}" if match else argument
