"""The page's API and WebSockets over a real socket: what they show of a query, and whom they refuse."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.unit.dashboard.page import Page, first_frame
from unbounded.cancellation import Cancellation
from unbounded.dashboard.access import AccessRules
from unbounded.dashboard.page_server import listen


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """Of a query that has counted three clicks and ended."""
    page = Page(AccessRules("127.0.0.1"))
    page.watch_counts(tmp_path, "a 00:01,b 00:02,a 00:03").await_termination(Cancellation(), timeout_us=None)
    yield page
    page.monitor.close()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Page]:
    page = Page(AccessRules("127.0.0.1", "secret"))
    page.watch_counts(tmp_path, "a 00:01").await_termination(Cancellation(), timeout_us=None)
    yield page
    page.monitor.close()


def test_the_overview_tells_what_a_query_did(page: Page) -> None:
    status, overview = page.get("/api/queries")
    assert status == 200
    (query,) = overview["queries"]
    told = {key: query[key] for key in ("id", "runId", "state", "mode", "batches", "rowsIn", "stateRows", "live")}
    assert told == {
        "id": "q",
        "runId": "r",
        "state": "stopped",
        "mode": "update",
        "batches": 1,
        "rowsIn": 3,
        "stateRows": 2,
        "live": True,
    }
    assert query["operators"][0]["name"] == "stateStoreSave"
    assert page.get("/api/queries/q")[1]["rowsIn"] == 3


def test_history_progress_and_late_rows_have_addresses(page: Page) -> None:
    history = page.get("/api/queries/q/history")[1]
    assert dict(zip(history["columns"], history["rows"][0], strict=True))["rowsIn"] == 3
    assert page.get("/api/queries/q/progress")[1]["progress"]["numInputRows"] == 3
    assert page.get("/api/queries/q/late")[1]["row"] == []


def test_the_plan_points_at_operators_and_sources(page: Page) -> None:
    node = page.get("/api/queries/q/plan")[1]["plan"]
    marks = []
    while node is not None:
        marks += [(node["name"], key, node[key]) for key in ("operator", "source") if key in node]
        node = next(iter(node["below"]), None)
    assert marks == [("StateStoreSave", "operator", 0), ("MicroBatchScan", "source", 0)]


def test_rows_of_the_plan_are_told_where_they_are_counted(tmp_path: Path) -> None:
    """Between two stateful operators everything is one query of the engine: a filter in its midst is not counted."""
    page = Page(AccessRules("127.0.0.1"))
    rows = "a 00:01,b 00:02,a 00:03,c 00:04"
    page.watch_counts(tmp_path, rows, COUNTS_OF_SOME).await_termination(Cancellation(), timeout_us=None)
    counts = page.get("/api/queries/q")[1]["planRows"]
    told = []
    node = page.get("/api/queries/q/plan")[1]["plan"]
    while node is not None:
        told.append((node["name"], counts[node["place"]]))
        node = next(iter(node["below"]), None)
    page.monitor.close()
    assert told == [
        ("Filter", 1),
        ("Project", 2),
        ("StateStoreSave", 2),
        ("Aggregate", 2),
        ("Filter", None),
        ("SubqueryAlias", 4),
        ("MicroBatchScan", 4),
    ]


COUNTS_OF_SOME = "SELECT user, count(*) AS n FROM clicks WHERE user < 'c' GROUP BY user HAVING count(*) > 1"


def test_the_table_of_a_sink(page: Page) -> None:
    table = page.get("/api/queries/q/table")[1]
    assert (table["title"], table["chart"], table["timeZone"]) == ("Clicks", "table", "UTC")
    assert [column["name"] for column in table["columns"]] == ["user", "n"]
    assert sorted(zip(*table["data"], strict=True)) == [("a", 2), ("b", 1)]


def test_what_there_is_not(page: Page) -> None:
    assert page.get("/api/queries/other") == (404, {"error": "There is no query other."})
    with page.socket("/ws/other") as socket:
        assert "No query other writes to the dashboard" in first_frame(socket, lambda _: True)["error"]


def test_frames_come_over_a_socket(page: Page) -> None:
    with page.socket("/ws/q") as table, page.socket("/ws") as overview:
        assert first_frame(table, lambda _: True)["rows"] == 2
        frame = first_frame(overview, lambda _: True)
        assert frame["queries"][0]["sample"][2] == 3
        page.clock.advance(2_000_000)
        assert first_frame(overview, lambda later: later["now"] > frame["now"])["queries"][0]["state"] == "stopped"


def test_a_query_is_stopped_by_the_page_alone(page: Page) -> None:
    mark = {"X-Unbounded-Request": "stop"}
    assert page.request("POST", "/api/queries/q/stop", {})[0] == 403
    assert page.request("POST", "/api/queries/q/stop", {**mark, "Origin": "http://evil.example"})[0] == 403
    assert page.request("POST", "/api/queries/q/stop", {**mark, "Host": "evil.example"})[0] == 403
    assert page.request("POST", "/api/queries/q/stop", mark) == (200, {"stopped": True})


def test_pages_of_other_sites_read_nothing(page: Page) -> None:
    assert page.get("/api/queries", Host="evil.example")[0] == 403
    assert page.get("/api/queries", Origin="http://evil.example")[0] == 403
    with pytest.raises(InvalidStatus, match="403"):
        page.socket("/ws/q", origin="http://evil.example")


def test_a_page_of_this_machine_may_read(page: Page) -> None:
    request = urllib.request.Request(f"http://{page.address}/api/queries", headers={"Origin": "http://localhost:8000"})
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "http://localhost:8000"
    with page.socket("/ws/q", origin="http://localhost:8000") as socket:
        assert first_frame(socket, lambda _: True)["rows"] == 2


def test_a_token_is_wanted_everywhere(guarded: Page) -> None:
    assert guarded.get("/api/queries")[0] == 401
    assert guarded.get("/static/page.js")[0] == 401
    assert guarded.get("/api/queries?token=secret")[0] == 200
    assert guarded.get("/api/queries", Authorization="Bearer secret")[0] == 200
    assert guarded.get("/api/queries", Cookie="unbounded_token=secret")[0] == 200
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"http://{guarded.address}/", timeout=10)
    assert caught.value.read().decode() == "The token is missing or wrong: open the page as /?token=…"
    with pytest.raises(InvalidStatus, match="403"):
        guarded.socket("/ws")
    with guarded.socket("/ws?token=secret", origin="https://own.example") as socket:
        assert first_frame(socket, lambda _: True)["queries"][0]["id"] == "q"


def test_the_token_becomes_a_cookie_that_other_sites_do_not_send(guarded: Page) -> None:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    opener = urllib.request.build_opener(Stay)
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(f"http://{guarded.address}/?token=secret", timeout=10)
    assert (caught.value.code, caught.value.headers["Location"]) == (303, "/")
    cookie = caught.value.headers["Set-Cookie"].lower()
    assert cookie.startswith("unbounded_token=secret; httponly;")
    assert "samesite=strict" in cookie


def test_a_port_that_is_taken_is_passed_over() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with listen("127.0.0.1", port) as second:
            assert port < second.getsockname()[1] < port + 16


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("192.0.2.1", 4040)])
def test_an_address_without_a_free_port_is_an_error(host: str, port: int) -> None:
    with pytest.raises(OSError, match=f"{host} has no free port from {port} to {port + 15}"):
        listen(host, port)
