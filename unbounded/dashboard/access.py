"""Who may see the page and who may stop a query, judged by the headers of a request alone.

A page on another site can make a browser send requests here. It must neither read anything nor stop a query:
(1) the page listens on this machine only, or wants a token; (2) without a token the Host must be this machine's own
name, so that no foreign name can be pointed here; (3) a foreign Origin reads nothing unless it shows the token itself;
(4) stopping needs a header that no foreign page can set without being asked for (CORS), and the page's own Origin.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from unbounded.connect.server import is_loopback

MARK_HEADER = "x-unbounded-request"
COOKIE = "unbounded_token"


@dataclass(frozen=True, slots=True)
class Visit:
    """`headers`: by names in lower case. `shown_token`: from the URL or the header Authorization."""

    headers: Mapping[str, str]
    shown_token: str | None = None
    cookie_token: str | None = None

    @property
    def host(self) -> str:
        return self.headers.get("host", "").lower()

    @property
    def origin(self) -> str | None:
        return self.headers.get("origin")


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Raises ValueError for a page that everybody could see."""

    host: str
    token: str | None = None

    def __post_init__(self) -> None:
        if self.token is None and not is_loopback(self.host):
            raise ValueError(
                f"unbounded.ui.host={self.host} can be reached from other machines: set unbounded.ui.token too"
            )

    def refuse_reading(self, visit: Visit) -> str | None:
        """Why `visit` may not see anything; None: it may."""
        if self.token is not None and not self._has_token(visit):
            return "The token is missing or wrong: open the page as /?token=…"
        if self.token is None and not is_loopback(_name_of(visit.host)):
            return f"This page is not called {visit.host}: use localhost."
        if not (_is_own(visit) or self._shows_token(visit) or _is_local(visit.origin)):
            return f"Pages of {visit.origin} may not read this one: show the token in the URL."
        return None

    def refuse_stopping(self, visit: Visit) -> str | None:
        """Why `visit` may not stop a query; None: it may."""
        refusal = self.refuse_reading(visit)
        if refusal is not None:
            return refusal
        if not _is_own(visit) or visit.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "Only the page itself may stop a query."
        if MARK_HEADER not in visit.headers:
            return f"The header {MARK_HEADER} is missing."
        return None

    def _has_token(self, visit: Visit) -> bool:
        return self._shows_token(visit) or self._is_token(visit.cookie_token)

    def _shows_token(self, visit: Visit) -> bool:
        return self._is_token(visit.shown_token)

    def _is_token(self, text: str | None) -> bool:
        return self.token is not None and text is not None and hmac.compare_digest(text.encode(), self.token.encode())


def _is_own(visit: Visit) -> bool:
    """Whether it comes from the page itself, or from no page."""
    return visit.origin is None or urlsplit(visit.origin).netloc.lower() == visit.host


def _is_local(origin: str | None) -> bool:
    """Whether it is a page that this machine serves itself."""
    return origin is not None and is_loopback(urlsplit(origin).hostname or "")


def _name_of(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""
