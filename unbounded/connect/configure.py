"""The Config call: reads and writes a session's settings. The settings themselves are in session.config."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from pyspark.sql.connect.proto import ConfigRequest, ConfigResponse, KeyValue

from unbounded.connect.decode.context import one_of_not_set
from unbounded.session.config import SessionConfig

_Pairs: TypeAlias = Iterable[tuple[str, str | None]]


def configure(config: SessionConfig, operation: ConfigRequest.Operation) -> ConfigResponse:
    """The answer to one operation, without the session's ids."""
    kind = operation.WhichOneof("op_type")
    if kind is None:
        raise one_of_not_set(operation, "op_type")
    pairs = list(_OPERATIONS[kind](config, getattr(operation, kind)))
    response = ConfigResponse(pairs=[KeyValue(key=key, value=value) for key, value in pairs])
    if kind in _WARNING_OPERATIONS:
        response.warnings.extend(_warnings(config, getattr(operation, kind)))
    return response


def _set(config: SessionConfig, request: ConfigRequest.Set) -> _Pairs:
    pairs = [(pair.key, pair.value) for pair in request.pairs]
    if request.silent:
        config.set_silently(pairs)
    else:
        for key, value in pairs:
            config.set(key, value)
    return ()


def _get(config: SessionConfig, request: ConfigRequest.Get) -> _Pairs:
    return [(key, config.get(key)) for key in request.keys]


def _get_with_default(config: SessionConfig, request: ConfigRequest.GetWithDefault) -> _Pairs:
    defaults = ((pair.key, pair.value if pair.HasField("value") else None) for pair in request.pairs)
    return [(key, config.get_or(key, default)) for key, default in defaults]


def _get_option(config: SessionConfig, request: ConfigRequest.GetOption) -> _Pairs:
    return [(key, config.find(key)) for key in request.keys]


def _get_all(config: SessionConfig, request: ConfigRequest.GetAll) -> _Pairs:
    return sorted(config.all(request.prefix).items())


def _unset(config: SessionConfig, request: ConfigRequest.Unset) -> _Pairs:
    for key in request.keys:
        config.unset(key)
    return ()


def _is_modifiable(config: SessionConfig, request: ConfigRequest.IsModifiable) -> _Pairs:
    return [(key, "true" if config.is_modifiable(key) else "false") for key in request.keys]


def _warnings(config: SessionConfig, request: ConfigRequest.Set | ConfigRequest.Unset) -> Iterator[str]:
    keys = request.keys if isinstance(request, ConfigRequest.Unset) else [pair.key for pair in request.pairs]
    for key in keys:
        warning = config.warning(key)
        if warning is not None:
            yield warning


_OPERATIONS: Mapping[str, Callable[[SessionConfig, Any], _Pairs]] = {
    "set": _set,
    "get": _get,
    "get_with_default": _get_with_default,
    "get_option": _get_option,
    "get_all": _get_all,
    "unset": _unset,
    "is_modifiable": _is_modifiable,
}
_WARNING_OPERATIONS = frozenset({"set", "unset"})
