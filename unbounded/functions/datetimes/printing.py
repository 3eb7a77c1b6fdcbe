"""Times to text by a pattern: engine SQL of `date_format` and `from_unixtime`."""

from __future__ import annotations

from unbounded.functions.datetimes.patterns import Element, Field, Optional, Text, fields_of, parse_pattern
from unbounded.functions.datetimes.zone_texts import offset_sql, zone_name_sql
from unbounded.functions.engine import bind, text
from unbounded.functions.environment import Environment
from unbounded.functions.zones import Zone, local_time_at, zone_named

_ENGINE_FORMATS = {
    ("y", 4): "%Y", ("y", 2): "%y", ("M", 1): "%-m", ("M", 2): "%m", ("M", 3): "%b", ("M", 4): "%B",
    ("d", 1): "%-d", ("d", 2): "%d", ("D", 1): "%-j", ("D", 3): "%j", ("E", 4): "%A", ("a", 1): "%p",
    ("H", 1): "%-H", ("H", 2): "%H", ("h", 1): "%-I", ("h", 2): "%I", ("m", 1): "%-M", ("m", 2): "%M",
    ("s", 1): "%-S", ("s", 2): "%S", ("S", 3): "%g", ("S", 6): "%f", ("S", 9): "%n",
}  # fmt: skip
"""What the engine's strftime prints alike, for the years 0 to 9999."""
_ZONE_LETTERS = frozenset("VzOXxZ")
_QUARTERS = (
    "CASE quarter({0}) WHEN 1 THEN '1st' WHEN 2 THEN '2nd' WHEN 3 THEN '3rd' WHEN 4 THEN '4th' END || ' quarter'"
)
_NUMBERS = {
    "D": "dayofyear({0})",
    "Q": "quarter({0})",
    "k": "CASE WHEN hour({0}) = 0 THEN 24 ELSE hour({0}) END",
    "K": "(hour({0}) % 12)",
    "F": "((day({0}) - 1) % 7 + 1)",
}


def format_sql(instant: str, pattern: str, environment: Environment) -> str:
    """A TIMESTAMP in the session's zone as text.

    Raises: SparkError for a pattern that Spark refuses
    """
    elements = parse_pattern(pattern, is_for_parsing=False)
    zone = zone_named(environment.time_zone)
    shows_offset = any(field.letter in _ZONE_LETTERS for field in fields_of(elements)) and zone.offset_us is None
    if not shows_offset:
        local = local_time_at(instant, zone)
        return bind(local, "t", lambda t: _print(elements, t, zone, str((zone.offset_us or 0) // 1_000_000)))
    return bind(instant, "i", lambda i: _print_with_offset(elements, i, zone))


def _print_with_offset(elements: tuple[Element, ...], instant: str, zone: Zone) -> str:
    def with_local(local: str) -> str:
        offset = f"((epoch_us({local}) - epoch_us({instant})) // 1000000)"
        return bind(offset, "o", lambda o: _print(elements, local, zone, o))

    return bind(local_time_at(instant, zone), "t", with_local)


def _print(elements: tuple[Element, ...], time: str, zone: Zone, offset: str) -> str:
    """The engine prints years outside 0 to 9999 in another way, so these are spelled out."""
    fields = fields_of(elements)
    has_era = any(field.letter == "G" for field in fields)
    usual = _join(elements, time, zone, offset, has_era=has_era, has_usual_year=True)
    if has_era or not any(field.letter == "y" and field.count != 2 for field in fields):
        return usual
    unusual = _join(elements, time, zone, offset, has_era=False, has_usual_year=False)
    return f"CASE WHEN year({time}) BETWEEN 0 AND 9999 THEN {usual} ELSE {unusual} END"


def _join(
    elements: tuple[Element, ...], time: str, zone: Zone, offset: str, *, has_era: bool, has_usual_year: bool
) -> str:
    """Pieces the engine can print go into one strftime."""
    pieces: list[str] = []
    pending = ""
    for element in _flat(elements):
        engine_format = _engine_format(element, has_usual_year=has_usual_year and not has_era)
        if engine_format is not None:
            pending += engine_format
            continue
        if pending:
            pieces.append(f"strftime({time}, {text(pending)})")
            pending = ""
        assert isinstance(element, Field)
        pieces.append(_piece(element, time, zone, offset, has_era=has_era))
    if pending or not pieces:
        pieces.append(f"strftime({time}, {text(pending)})" if pending else f"CASE WHEN {time} IS NOT NULL THEN '' END")
    return f"({' || '.join(pieces)})"


def _flat(elements: tuple[Element, ...]) -> list[Field | Text]:
    flat: list[Field | Text] = []
    for element in elements:
        flat.extend(_flat(element.elements) if isinstance(element, Optional) else [element])
    return flat


def _engine_format(element: Field | Text, *, has_usual_year: bool) -> str | None:
    if isinstance(element, Text):
        return element.value.replace("%", "%%")
    if element.letter == "y" and not has_usual_year:
        return None
    if element.letter == "E" and element.count < 4:
        return "%a"
    letter = "M" if element.letter == "L" else element.letter
    return _ENGINE_FORMATS.get((letter, element.count))


def _piece(field: Field, time: str, zone: Zone, offset: str, *, has_era: bool) -> str:
    """A field that strftime cannot print."""
    letter, count = field.letter, field.count
    match letter:
        case "y":
            return _year(time, count, has_era=has_era)
        case "G":
            names = ("Before Christ", "Anno Domini") if count == 4 else ("BC", "AD")
            return f"CASE WHEN year({time}) < 1 THEN '{names[0]}' WHEN year({time}) > 0 THEN '{names[1]}' END"
        case "Q" | "q" if count > 2:
            return f"('Q' || quarter({time}))" if count == 3 else f"({_QUARTERS.format(time)})"
        case "S":
            return f"left(strftime({time}, '%n'), {count})"
        case "V":
            return f"CASE WHEN {time} IS NOT NULL THEN {text(zone.name)} END"
        case "z":
            name = zone_name_sql(zone, offset, is_long=count == 4)
            return f"CASE WHEN {time} IS NOT NULL THEN {name} END"
        case "O" | "X" | "x" | "Z":
            return f"CASE WHEN {time} IS NOT NULL THEN {offset_sql(letter, count, offset)} END"
        case _:
            return _padded(_NUMBERS["Q" if letter == "q" else letter].format(time), count)


def _padded(number: str, count: int) -> str:
    return f"CAST({number} AS VARCHAR)" if count == 1 else f"printf('%0{count}d', {number})"


def _year(time: str, count: int, *, has_era: bool) -> str:
    """From four letters on a sign shows that there are more digits than letters; before Christ counts from 1."""
    year = f"CASE WHEN year({time}) < 1 THEN 1 - year({time}) ELSE year({time}) END" if has_era else f"year({time})"
    if count == 2:
        return f"printf('%02d', abs({year}) % 100)"
    if count == 1:
        return f"CAST({year} AS VARCHAR)"
    digits = f"printf('%0{count}d', abs({year}))"
    plus = f"WHEN {year} >= {10**count} THEN '+' " if count == 4 else ""
    return f"(CASE WHEN {year} < 0 THEN '-' {plus}ELSE '' END || {digits})"
