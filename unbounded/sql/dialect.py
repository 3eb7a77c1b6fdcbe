"""The SQL dialect: sqlglot's Spark tokens, nothing swallowed and nothing rewritten. The grammar is in `grammar`."""

from __future__ import annotations

import re
from typing import ClassVar

from sqlglot import Token, TokenType
from sqlglot.dialects.spark import Spark
from sqlglot.errors import TokenError

from unbounded.errors import ErrorKind
from unbounded.sql.errors import Source, SqlParseError

_SKIPPED = re.compile(
    r"""(?<!\w)[rR]'[^']*' | (?<!\w)[rR]"[^"]*"
    | '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | `[^`]*`
    | --[^\n]* | (?P<open>/\*) | (?P<quote>['"`])""",
    re.DOTALL | re.VERBOSE,
)
_BAD_HEXADECIMAL = re.compile(r"\b[xX]'[^']*[^'0-9A-Fa-f][^']*'")
_COMMENT_EDGE = re.compile(r"/\*|\*/")


_SYMBOLS = frozenset({"||", "|>", "==", "::", "!=", "<=>", "<>", "<=", ">=", "->", "=>", "/*+"})
_PAIRS = frozenset({"GROUP BY", "ORDER BY", "SORT BY", "CLUSTER BY", "DISTRIBUTE BY", "PARTITION BY", "GROUPING SETS"})


def _is_spark_keyword(keyword: str) -> bool:
    """sqlglot adds other engines' operators (`~~`, `??`) and pairs of words (`DOUBLE PRECISION`), which Spark lacks."""
    if " " in keyword:
        return keyword in _PAIRS
    return keyword.replace("_", "").isalnum() or keyword in _SYMBOLS


class UnboundedSparkSql(Spark):
    """Spark SQL as sqlglot's Spark dialect cuts it into tokens."""

    class Tokenizer(Spark.Tokenizer):
        # No statement is taken as raw text, and `1L` stays one token: Spark's number suffixes are ours to read.
        COMMANDS: ClassVar[set[TokenType]] = set()
        NUMERIC_LITERALS: ClassVar[dict[str, str]] = {}
        KEYWORDS: ClassVar[dict[str, TokenType]] = {
            keyword: token_type
            for keyword, token_type in Spark.Tokenizer.KEYWORDS.items()
            if _is_spark_keyword(keyword)
        }


def read_tokens(source: Source) -> list[Token]:
    """The tokens of one statement, without the semicolons behind it. Raises a ParseException."""
    if not source.text.strip():
        raise source.plain_error("PARSE_EMPTY_STATEMENT")
    _refuse_unclosed(source)
    try:
        tokens = UnboundedSparkSql().tokenize(source.text)
    except TokenError as error:
        raise _tokenizing_error(source) from error
    return tokens


def statement_tokens(source: Source) -> list[Token]:
    """As `read_tokens`, for exactly one statement: semicolons may only follow it."""
    tokens = read_tokens(source)
    last = len(tokens)
    while last and tokens[last - 1].token_type is TokenType.SEMICOLON:
        last -= 1
    if not last:
        first = tokens[0] if tokens else None
        raise source.syntax_error(first.start, first.end) if first else source.syntax_error(None)
    for before, token in zip(tokens[:last], tokens[1:last], strict=False):
        if before.token_type is TokenType.SEMICOLON:
            raise source.syntax_error(token.start, token.end, f": extra input '{token.text}'")
    return tokens[:last]


def _refuse_unclosed(source: Source) -> None:
    """Strings, quoted names and comments must be closed; sqlglot would accept an open comment."""
    position = 0
    while (match := _SKIPPED.search(source.text, position)) is not None:
        position = match.end()
        if match["quote"] is not None:
            raise source.syntax_error(match.start(), match.start())
        if match["open"] is not None:
            position = _comment_end(source, match.start())


def _comment_end(source: Source, start: int) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(source.text, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    raise SqlParseError(ErrorKind.PARSE, "UNCLOSED_BRACKETED_COMMENT", location=f"\n== SQL ==\n{source.text}")


def _tokenizing_error(source: Source) -> SqlParseError:
    match = _BAD_HEXADECIMAL.search(source.text)
    if match is not None:
        value = match.group()[1:]
        return source.error_at("INVALID_TYPED_LITERAL", match.start(), match.end() - 1, valueType='"X"', value=value)
    return source.syntax_error(None)
