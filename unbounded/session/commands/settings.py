"""SET and RESET."""

from __future__ import annotations

from unbounded.plan import unresolved as u
from unbounded.session.commands.context import NOTHING, CommandContext, result_rows
from unbounded.types.datatypes import STRING, StructField

_FIELDS = (StructField("key", STRING, False), StructField("value", STRING, False))


def set_config(command: u.SetConfig, context: CommandContext) -> u.LocalRelation:
    """`SET k=v` and `SET k` answer with the value, `SET` with all that is set."""
    config = context.config
    if command.is_reset:
        for key in [command.key] if command.key is not None else [*config.all()]:
            config.unset(key)
        return NOTHING
    if command.key is None:
        return result_rows(_FIELDS, sorted(config.all().items()))
    if command.value is not None:
        config.set(command.key, command.value)
    value = config.find(command.key)
    return result_rows(_FIELDS, [(command.key, "<undefined>" if value is None else value)])
