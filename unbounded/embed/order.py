"""What a parent process tells its engine process to do, as one line of JSON. A leaf, so that starting is quick."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class EngineOrder:
    """`import_paths` come last on the engine's path, for modules that Python functions name."""

    token: str
    settings: Mapping[str, str]
    import_paths: tuple[str, ...] = ()

    def to_line(self) -> str:
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str) -> EngineOrder:
        fields = json.loads(line)
        return cls(fields["token"], fields["settings"], tuple(fields["import_paths"]))
