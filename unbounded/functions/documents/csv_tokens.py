"""A CSV line taken apart, by the rules of Spark's parser.

A line without a quote is split at the separator; only lines with quotes go through the pattern. A token is
quoted if it ends right before a separator or the end of the line; a quoted token that is never closed runs to the end;
a quote in the middle makes the token plain text up to the next separator.
"""

from __future__ import annotations

from unbounded.connectors.files.format_options import CsvOptions
from unbounded.functions.engine import text


def cell(position: int, options: CsvOptions, tokens: str = "tokens", line: str = "line") -> str:
    """The text of a cell; NULL for an empty one and for the null value."""
    token = f"{tokens}[{position + 1}]"
    if not options.null_value:
        return f"nullif({token}, '')"
    if not options.empty_value and options.quote:
        plain = f"CASE WHEN contains({line}, {text(options.quote)}) THEN {token} ELSE nullif({token}, '') END"
        return f"nullif({plain}, {text(options.null_value)})"
    return f"nullif(nullif({token}, ''), {text(options.null_value)})"


def csv_tokens(line: str, options: CsvOptions) -> str:
    """A list of VARCHAR in which NULL and '' are an empty cell."""
    split = f"string_split({line}, {text(options.separator)})"
    if options.trims_start or options.trims_end:
        split = f"list_transform({split}, lambda x : {_trimmed('x', options)})"
    if not options.quote:
        return split
    separator = text(options.separator)
    found = f"regexp_extract_all({line} || {separator}, {text(_token_pattern(options))}, 1)"
    unquoted = f"list_transform({found}, lambda x : {_unquoted(options)})"
    return f"CASE WHEN contains({line}, {text(options.quote)}) THEN {unquoted} ELSE {split} END"


def _token_pattern(options: CsvOptions) -> str:
    quoted, blank = quoted_pattern(options), _blanks(options)
    opened = f"{exactly(options.quote)}(?:{_inside(options)})*"
    before = blank if options.trims_start else ""
    return f"(?s)({before}{quoted}{blank}|{before}{quoted}.*?|{before}{opened}|.*?){exactly(options.separator)}"


def quoted_pattern(options: CsvOptions) -> str:
    quote = exactly(options.quote)
    return f"{quote}(?:{_inside(options)})*{quote}"


def _inside(options: CsvOptions) -> str:
    """One character between quotes, or an escaped one."""
    quote, escape = options.quote, options.escape
    if escape == quote:
        return f"[^{exactly(quote)}]|{exactly(quote)}{exactly(quote)}"
    if not escape:
        return f"[^{exactly(quote)}]"
    return f"[^{exactly(quote)}{exactly(escape)}]|{exactly(escape)}."


def _unquoted(options: CsvOptions) -> str:
    """The token `x` without its quotes; NULL if it is empty and unquoted."""
    quote, blank = exactly(options.quote), _blanks(options) if options.trims_start else ""
    whole = text(f"(?s){blank}{quoted_pattern(options)}{_blanks(options)}")
    opened = text(f"(?s){blank}{quote}(?:{_inside(options)})*")
    start = "ltrim(x, e' \\t')" if options.trims_start else "x"
    closed = f"rtrim({start}, e' \\t')[2:-2]"
    empty = f"CASE WHEN {closed} = '' THEN {text(options.empty_value)} ELSE {_unescaped(closed, options)} END"
    plain = f"nullif({_trimmed('x', options)}, '')"
    return (
        f"CASE WHEN NOT starts_with({start}, {text(options.quote)}) THEN {plain} "
        f"WHEN regexp_full_match(x, {whole}) THEN {empty} "
        f"WHEN regexp_full_match(x, {opened}) THEN {_unescaped(f'{start}[2:]', options)} ELSE {plain} END"
    )


def _unescaped(value: str, options: CsvOptions) -> str:
    if not options.escape:
        return value
    quote, escape = exactly(options.quote), exactly(options.escape)
    escaped = f"{quote}|{escape}" if options.escape_of_escape == options.escape else quote
    return f"regexp_replace({value}, {text(f'{escape}({escaped})')}, '\\1', 'g')"


def _trimmed(value: str, options: CsvOptions) -> str:
    blank = "e' \\t'"
    if options.trims_start and options.trims_end:
        return f"trim({value}, {blank})"
    if options.trims_start:
        return f"ltrim({value}, {blank})"
    return f"rtrim({value}, {blank})" if options.trims_end else value


def _blanks(options: CsvOptions) -> str:
    """Blanks beside quotes, unless they separate."""
    kept = "".join(c for c in " \t" if c not in options.separator)
    return f"[{exactly(kept)}]*" if kept else ""


def exactly(characters: str) -> str:
    """Characters as a pattern that matches exactly them."""
    return "".join(f"\\x{{{ord(c):x}}}" for c in characters)
