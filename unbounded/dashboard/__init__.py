"""The monitoring page of an engine process, and the live tables of its dashboard sinks: HTTP and WebSocket, reads only.

Nothing here is loaded before the first query starts but `monitor` and what that imports.
"""
