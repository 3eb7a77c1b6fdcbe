"""Who may read the page and who may stop a query."""

from __future__ import annotations

import pytest

from unbounded.dashboard.access import AccessRules, Visit

LOCAL = AccessRules("127.0.0.1")
OPEN = AccessRules("0.0.0.0", "secret")
MARK = {"x-unbounded-request": "stop"}


def visit(shown: str | None = None, cookie: str | None = None, **headers: str) -> Visit:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Visit({"host": "localhost:4040", **names}, shown, cookie)


def test_an_open_address_needs_a_token() -> None:
    with pytest.raises(ValueError, match="unbounded.ui.host=0.0.0.0 .* set unbounded.ui.token too"):
        AccessRules("0.0.0.0")


@pytest.mark.parametrize("host", ["localhost:4040", "127.0.0.1:4040", "[::1]:4040", "LOCALHOST"])
def test_this_machine_may_read(host: str) -> None:
    assert LOCAL.refuse_reading(visit(host=host)) is None


@pytest.mark.parametrize("host", ["evil.example:4040", "localhost.evil.example", "192.0.2.1:4040", ""])
def test_a_foreign_name_for_this_machine_may_not(host: str) -> None:
    refusal = LOCAL.refuse_reading(visit(host=host))
    assert refusal is not None
    assert "use localhost" in refusal


@pytest.mark.parametrize("origin", ["http://evil.example", "https://evil.example:4040", "null", ""])
def test_a_page_of_another_site_reads_nothing(origin: str) -> None:
    assert LOCAL.refuse_reading(visit(origin=origin)) is not None
    assert OPEN.refuse_reading(visit(cookie="secret", origin=origin)) is not None


def test_a_page_that_this_machine_serves_reads_but_stops_nothing() -> None:
    own = visit(origin="http://localhost:8000", **{"x-unbounded-request": "stop"})
    assert LOCAL.refuse_reading(own) is None
    assert LOCAL.refuse_stopping(own) == "Only the page itself may stop a query."


def test_a_page_that_shows_the_token_reads_from_anywhere() -> None:
    assert OPEN.refuse_reading(visit(shown="secret", host="192.0.2.1:4040", origin="https://own.example")) is None


@pytest.mark.parametrize(
    ("shown", "cookie"), [(None, None), ("wrong", None), (None, "wrong"), ("", ""), ("sécret", None)]
)
def test_every_visit_needs_the_token(shown: str | None, cookie: str | None) -> None:
    assert OPEN.refuse_reading(visit(shown, cookie)) == "The token is missing or wrong: open the page as /?token=…"
    assert OPEN.refuse_stopping(visit(shown, cookie, **MARK)) is not None


def test_the_page_itself_stops_a_query() -> None:
    own = {"origin": "http://localhost:4040", "sec_fetch_site": "same-origin", **MARK}
    assert LOCAL.refuse_stopping(visit(**own)) is None
    assert OPEN.refuse_stopping(visit(cookie="secret", **own)) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://localhost:4040"},
        {"origin": "http://evil.example", **MARK},
        {"origin": "http://localhost:4041", **MARK},
        {"origin": "null", **MARK},
        {"sec_fetch_site": "cross-site", **MARK},
        {"sec_fetch_site": "same-site", **MARK},
        {"host": "evil.example", **MARK},
    ],
)
def test_nobody_else_does(headers: dict[str, str]) -> None:
    assert LOCAL.refuse_stopping(visit(**headers)) is not None
