"""A headless Chromium over its DevTools protocol: opens pages, evaluates JavaScript, takes pictures."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

TIME_LIMIT_S = 30.0
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)


def chromium_binary() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def browser(binary: str, profile: Path) -> Iterator[Tab]:
    """A tab of a new browser, whose data is in the new folder `profile`."""
    command = [binary, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            with connect(_tab_address(_debug_port(process)), max_size=None) as socket:
                yield Tab(socket)
        finally:
            process.terminate()


def _debug_port(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("DevTools listening on "):
            return int(line.split("/")[2].rpartition(":")[2])
    raise RuntimeError(f"Chromium ended with exit code {process.wait()}")


def _tab_address(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=TIME_LIMIT_S) as response:
        tabs = json.load(response)
    return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))


class Tab:
    """`problems`: what the page has logged as errors since it was opened."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)
        self.problems: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=TIME_LIMIT_S))
            self._note(message)
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Runtime.exceptionThrown":
            details = message["params"]["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.problems.append(message["params"]["entry"]["text"])

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.problems.clear()

    def press(self, key: str) -> None:
        """A key of the keyboard by its name: `Tab`, `Enter`, `Space`, `Escape`."""
        code, text = _KEYS[key]
        told = {"key": text or key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", **told, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def type_text(self, text: str) -> None:
        """Into what has the focus."""
        self.call("Input.insertText", text=text)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def wait_for(self, expression: str, time_limit_s: float = TIME_LIMIT_S) -> Any:
        """The first value of `expression` that counts as true, looked at with every picture of the page."""
        limit_ms = int(time_limit_s * 1000)
        deadline = time.monotonic() + time_limit_s
        while time.monotonic() < deadline:
            value = self._wait_in_page(expression, limit_ms)
            if value:
                return value
        raise TimeoutError(f"the page does not come to {expression}; it shows {self.evaluate(_TEXT)!r}")

    def _wait_in_page(self, expression: str, limit_ms: int) -> Any:
        limit_ms = min(limit_ms, 2000)
        try:
            return self.evaluate(_WAIT % {"expression": expression, "limit": limit_ms})
        except RuntimeError as error:
            if "navigated" in str(error) or "Cannot find" in str(error) or "context" in str(error):
                return None
            raise

    def picture(self, path: Path, *, width: int, height: int, is_dark: bool, is_whole: bool = False) -> None:
        """Writes a PNG of the page as a window of this size shows it, or of the whole page."""
        scale = 2 if width < 600 else 1
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.evaluate(_TWO_FRAMES)
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=is_whole)
        path.write_bytes(base64.b64decode(answer["data"]))


_KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Space": (32, " "), "Escape": (27, "")}
"""Key codes of Windows, and what the keys write."""
_TEXT = "document.body ? document.body.innerText.slice(0, 2000) : ''"
_TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 600)))"
_WAIT = """
new Promise((done) => {
  const end = performance.now() + %(limit)d;
  const look = () => {
    let value = null;
    try { value = %(expression)s; } catch { value = null; }
    if (value instanceof Node) value = true;
    if (value || performance.now() > end) done(value || null);
    else setTimeout(look, 30);
  };
  look();
})
"""
