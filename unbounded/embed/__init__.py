"""An engine for this process or this machine: as a child process, under a script, behind an address, in a notebook."""

from unbounded.embed.process import EngineNotStarted, EngineProcess, start_engine

__all__ = ["EngineNotStarted", "EngineProcess", "start_engine"]
