"""Stands before the application: lets a request pass or refuses it, hands out the token's cookie, sets headers."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unbounded.dashboard.access import COOKIE, AccessRules, Visit

_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FORBIDDEN = 403
_NEEDS_TOKEN = 401
_WEBSOCKET_REFUSED = 1008


class Guard:
    """An ASGI application around another one."""

    def __init__(self, application: ASGIApp, rules: AccessRules) -> None:
        self._application = application
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = visit_of(scope)
        is_reading = scope["type"] == "websocket" or scope["method"] in ("GET", "HEAD")
        refusal = self._rules.refuse_reading(visit) if is_reading else self._rules.refuse_stopping(visit)
        if refusal is not None:
            await self._refuse(refusal, scope, receive, send)
        elif scope["type"] == "websocket":
            await self._application(scope, receive, send)
        elif scope["path"] == "/" and visit.shown_token is not None:
            await _with_cookie(visit.shown_token)(scope, receive, send)
        else:
            await self._application(scope, receive, _with_headers(send, visit.origin))

    async def _refuse(self, refusal: str, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _WEBSOCKET_REFUSED, "reason": refusal})
            return
        status = _NEEDS_TOKEN if refusal.startswith("The token") else _FORBIDDEN
        is_page = scope["path"] == "/"
        answer = PlainTextResponse(refusal, status) if is_page else JSONResponse({"error": refusal}, status)
        await answer(scope, receive, send)


def visit_of(scope: Scope) -> Visit:
    headers = Headers(scope=scope)
    shown = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [None])[0]
    kind, _, bearer = headers.get("authorization", "").partition(" ")
    if shown is None and kind.lower() == "bearer":
        shown = bearer.strip()
    return Visit({name: headers[name] for name in headers}, shown, _cookie(headers.get("cookie", "")))


def _cookie(text: str) -> str | None:
    try:
        found = SimpleCookie(text).get(COOKIE)
    except CookieError:
        return None
    return found.value if found is not None else None


def _with_cookie(token: str) -> Response:
    """The page without the token in its address."""
    response = RedirectResponse("/", 303)
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict")
    return response


def _with_headers(send: Send, origin: str | None) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            if origin is not None:
                headers["Access-Control-Allow-Origin"] = origin
                headers["Vary"] = "Origin"
        await send(message)

    return send_with_headers
