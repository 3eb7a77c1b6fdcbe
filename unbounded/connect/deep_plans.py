"""Room for deep plans: `withColumn` in a loop makes a message nested as deep as the loop is long."""

from __future__ import annotations

import sys
import threading

from google._upb import _message  # type: ignore[import-not-found]

PYTHON_FRAMES_MAX = 50_000
THREAD_STACK_BYTES = 64 << 20
"""Address space, not memory: a thread uses as much of it as its calls need."""


def allow_deep_plans() -> None:
    """Lifts protobuf's limit of 100 nested messages and Python's of 1,000 frames, for threads started from now on."""
    _message.SetAllowOversizeProtos(True)
    sys.setrecursionlimit(PYTHON_FRAMES_MAX)
    threading.stack_size(THREAD_STACK_BYTES)
