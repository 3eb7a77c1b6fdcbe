"""Text to times by a pattern: engine SQL of `to_timestamp` and its relatives.

Text that the engine's strptime reads, and strftime writes back alike, is taken as it is; other text is taken apart by
a regular expression and put together by Java's strict rules. Missing fields are those of 1970-01-01T00:00.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from unbounded.functions.datetimes.patterns import Element, Field, Optional, Text, fields_of, parse_pattern
from unbounded.functions.engine import bind, text
from unbounded.functions.environment import Environment
from unbounded.functions.zones import instant

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_ENGINE_FORMATS = {
    ("y", 4): "%Y", ("M", 2): "%m", ("M", 3): "%b", ("M", 4): "%B", ("d", 2): "%d", ("H", 2): "%H", ("m", 2): "%M",
    ("s", 2): "%S", ("S", 3): "%g", ("S", 6): "%f",
}  # fmt: skip
_FIXED_WIDTHS = {("M", 2), ("d", 2), ("D", 3), ("H", 2), ("h", 2), ("k", 2), ("K", 2), ("m", 2), ("s", 2), ("y", 2)}
_NUMERIC = frozenset("yMLdDHhkKms")
_NEVER = r"[^\s\S]"
OFFSETS = {
    ("X", 1): r"Z|[+-]\d\d(?:\d\d)?", ("X", 2): r"Z|[+-]\d{4}", ("X", 3): r"Z|[+-]\d\d:\d\d",
    ("X", 4): r"Z|[+-]\d{4}(?:\d\d)?", ("X", 5): r"Z|[+-]\d\d:\d\d(?::\d\d)?",
    ("x", 1): r"[+-]\d\d(?:\d\d)?", ("x", 2): r"[+-]\d{4}", ("x", 3): r"[+-]\d\d:\d\d",
    ("x", 4): r"[+-]\d{4}(?:\d\d)?", ("x", 5): r"[+-]\d\d:\d\d(?::\d\d)?",
    ("Z", 1): r"[+-]\d{4}", ("Z", 2): r"[+-]\d{4}", ("Z", 3): r"[+-]\d{4}",
    ("Z", 4): r"GMT(?:[+-]\d\d:\d\d(?::\d\d)?)?", ("Z", 5): r"Z|[+-]\d\d:\d\d(?::\d\d)?",
    ("O", 1): r"GMT(?:[+-]\d{1,2}(?::\d\d(?::\d\d)?)?)?", ("O", 4): r"GMT(?:[+-]\d\d:\d\d(?::\d\d)?)?",
}  # fmt: skip
_ZONE_LETTERS = frozenset("VzOXxZ")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A field's part of the regular expression, and the name its text is captured under."""

    field: Field
    name: str
    pattern: str


def instant_sql(value: str, pattern: str, environment: Environment) -> str:
    """The TIMESTAMP that a text means, NULL where it does not match. `value` should be short: it is repeated.

    Raises: SparkError for a pattern that Spark refuses
    """
    elements = parse_pattern(pattern, is_for_parsing=True)
    slow = _put_together(value, elements, lambda wall, zone: _at_zone(wall, zone, environment))
    fast = _fast(value, elements)
    return slow if fast is None else f"coalesce({instant(fast, environment)}, {slow})"


def wall_clock_sql(value: str, pattern: str) -> str:
    """The TIMESTAMP_NTZ that a text means; a zone in it does not count."""
    elements = parse_pattern(pattern, is_for_parsing=True)
    slow = _put_together(value, elements, lambda wall, zone: wall)
    fast = _fast(value, elements)
    return slow if fast is None else f"coalesce({fast}, {slow})"


def _at_zone(wall: str, zone: str, environment: Environment) -> str:
    in_session = instant(wall, environment)
    if not zone:
        return in_session
    coded = bind(f"kernel_zone_text_code({zone})", "z", lambda code: f"spark_instant_by_code({wall}, {code})")
    return f"CASE WHEN {zone} = '' THEN {in_session} ELSE {coded} END"


# ------------------------------------------------------------------------------------------------ strptime


def _fast(value: str, elements: tuple[Element, ...]) -> str | None:
    """For patterns with a year whose fields all have a fixed form."""
    engine_format = ""
    for position, element in enumerate(elements):
        piece = _engine_format(element)
        if piece is None or (isinstance(element, Field) and _is_starved(elements, position)):
            return None
        engine_format += piece
    if "%Y" not in engine_format:
        return None
    shown = text(engine_format)
    parsed = f"try_strptime({value}, {shown})"
    return f"CASE WHEN strftime({parsed}, {shown}) = {value} THEN {parsed} END"


def _engine_format(element: Element) -> str | None:
    match element:
        case Text(value=value):
            return None if any(c.isspace() and c != " " for c in value) else value.replace("%", "%%")
        case Field(letter=letter, count=count):
            return _ENGINE_FORMATS.get(("M" if letter == "L" else letter, count))
        case _:
            return None


# ------------------------------------------------------------------------------------------------ regular expression


def _put_together(value: str, elements: tuple[Element, ...], finish: Callable[[str, str], str]) -> str:
    """`finish` makes the result of the wall clock and the zone's text, both engine SQL; no zone is an empty string."""
    names = iter(f"f{i}" for i in range(len(fields_of(elements))))
    pieces: list[_Piece] = []
    expression = _expression(elements, names, pieces)
    matched = f"regexp_full_match({value}, {text(f'(?is){expression}')})"
    captured = "struct_pack(n := 0)"
    if pieces:
        captured = (
            f"regexp_extract({value}, {text(f'(?is)^{expression}$')}, [{', '.join(text(p.name) for p in pieces)}])"
        )
    zone = next((f"p.{p.name}" for p in pieces if p.field.letter in _ZONE_LETTERS), "")
    wall = _wall_clock(pieces)
    body = bind(wall, "w", lambda w: finish(w, zone))
    return f"CASE WHEN {matched} THEN list_transform([{captured}], lambda p : {body})[1] END"


def _expression(elements: tuple[Element, ...], names: Iterator[str], pieces: list[_Piece]) -> str:
    """A number of any length takes all digits but those that numbers of fixed length right behind it need."""
    result = ""
    for position, element in enumerate(elements):
        match element:
            case Text(value=value):
                result += _quoted(value)
            case Optional(elements=inner):
                result += f"(?:{_expression(inner, names, pieces)})?"
            case Field():
                piece = _Piece(element, next(names), _field_pattern(element))
                pieces.append(piece)
                result += f"({_NEVER if _is_starved(elements, position) else piece.pattern})"
    return result


def _is_starved(elements: tuple[Element, ...], position: int) -> bool:
    """Whether a number before this one in the same run of digits leaves none for it."""
    element = elements[position]
    assert isinstance(element, Field)
    takes_rest = element.letter == "S" or (
        element.letter in _NUMERIC and not _is_fixed(element) and _is_number(element)
    )
    if not takes_rest or position == 0:
        return False
    run = position - 1
    while run >= 0 and _is_number(elements[run]) and _is_fixed(elements[run]):
        run -= 1
    return run >= 0 and _is_number(elements[run])


def _is_number(element: Element) -> bool:
    if not isinstance(element, Field) or element.letter not in _NUMERIC:
        return False
    return element.letter not in "ML" or element.count < 3


def _is_fixed(element: Element) -> bool:
    return isinstance(element, Field) and (element.letter.replace("L", "M"), element.count) in _FIXED_WIDTHS


def _field_pattern(field: Field) -> str:
    letter, count = field.letter.replace("L", "M"), field.count
    match letter:
        case "y" if count == 2:
            return r"\d\d"
        case "y" if count < 4:
            return rf"-?\d{{{count},18}}"
        case "y":
            return rf"-?\d{{{count}}}|[+-]\d{{{count + 1},18}}"
        case "M" if count > 2:
            return "|".join(name[:3] if count == 3 else name for name in MONTHS)
        case "G":
            return "Anno Domini|Before Christ" if count == 4 else "AD|BC"
        case "a":
            return "AM|PM"
        case "S":
            return rf"\d{{1,{count}}}"
        case "D" if count == 2:
            return r"\d{2,3}"
        case "V":
            return r"[A-Za-z][A-Za-z0-9~/._+:-]*|[+-]\d{1,2}(?::?\d\d(?::?\d\d)?)?"
        case "z":
            return r"[A-Za-z][A-Za-z0-9~/._-]*|[+-]\d{1,2}(?::?\d\d(?::?\d\d)?)?"
        case _ if (letter, count) in OFFSETS:
            return OFFSETS[(letter, count)]
        case _:
            return rf"\d{{{count}}}" if _is_fixed(field) else r"\d{1,18}"


def _quoted(value: str) -> str:
    return "".join(c if c.isalnum() or c.isspace() or not c.isascii() else f"\\{c}" for c in value)


# ------------------------------------------------------------------------------------------------ wall clock


def _wall_clock(pieces: list[_Piece]) -> str:
    """The TIMESTAMP of the captured fields, NULL where one is out of range."""
    by_letter = {piece.field.letter.replace("L", "M"): piece for piece in pieces}
    year, month = _year(by_letter), _month(by_letter.get("M"))
    day_of_year = by_letter.get("D")
    if day_of_year is not None and "M" not in by_letter and "d" not in by_letter:
        days = f"CAST({_number(day_of_year, '1')} - 1 AS INTEGER)"
        date = f"TRY(make_date({year}, 1, 1) + {days})"
        date = bind(date, "d", lambda d: f"CASE WHEN year({d}) = {year} THEN {d} END")
    else:
        date = f"TRY(make_date({year}, {month}, {_number(by_letter.get('d'), '1')}))"
    fraction = by_letter.get("S")
    clock = (
        f"spark_clock_us({_hour(by_letter)}, {_number(by_letter.get('m'), '0')}, {_number(by_letter.get('s'), '0')}, "
        f"{f'p.{fraction.name}' if fraction else text('')})"
    )
    return f"make_timestamp(epoch_us(CAST({date} AS TIMESTAMP)) + {clock})"


def _number(piece: _Piece | None, missing: str) -> str:
    return missing if piece is None else f"spark_part(p.{piece.name}, '{missing}')"


def _year(by_letter: dict[str, _Piece]) -> str:
    """Two digits mean 2000 to 2099; before Christ counts backwards from 1."""
    piece = by_letter.get("y")
    if piece is None:
        return "1970"
    year = _number(piece, "1970")
    if piece.field.count == 2:
        year = f"CASE WHEN p.{piece.name} = '' THEN 1970 ELSE 2000 + {year} END"
    era = by_letter.get("G")
    return year if era is None else f"CASE WHEN lower(p.{era.name}) LIKE 'b%' THEN 1 - {year} ELSE {year} END"


def _month(piece: _Piece | None) -> str:
    if piece is None or piece.field.count < 3:
        return _number(piece, "1")
    names = " ".join(f"WHEN '{name[:3].lower()}' THEN {i}" for i, name in enumerate(MONTHS, 1))
    return f"CASE lower(left(p.{piece.name}, 3)) {names} ELSE 1 END"


def _hour(by_letter: dict[str, _Piece]) -> str:
    """NULL for an hour that the letter does not have, and for a half of the day that the hour is not in."""
    half = by_letter.get("a")
    afternoon = "false" if half is None else f"lower(p.{half.name}) = 'pm'"
    if "H" in by_letter or "k" in by_letter:
        letter = "H" if "H" in by_letter else "k"
        number = _number(by_letter[letter], "0" if letter == "H" else "24")
        hour = number if letter == "H" else f"CASE WHEN {number} BETWEEN 1 AND 24 THEN {number} % 24 END"
        if half is None:
            return hour
        return f"CASE WHEN p.{half.name} = '' OR ({hour} >= 12) = ({afternoon}) THEN {hour} END"
    if "h" not in by_letter and "K" not in by_letter:
        return f"CASE WHEN {afternoon} THEN 12 ELSE 0 END"
    letter = "h" if "h" in by_letter else "K"
    number = _number(by_letter[letter], "12" if letter == "h" else "0")
    bounds = "1 AND 12" if letter == "h" else "0 AND 11"
    return f"CASE WHEN {number} BETWEEN {bounds} THEN {number} % 12 + CASE WHEN {afternoon} THEN 12 ELSE 0 END END"
