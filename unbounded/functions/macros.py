"""Engine macros: Spark's text forms written once in engine SQL and called by name. Created when the engine starts."""

from __future__ import annotations


MACROS: tuple[str, ...] = (
    """CREATE MACRO spark_digits(s) AS ltrim(replace(split_part(s, 'e', 1), '.', ''), '0')""",
    """CREATE MACRO spark_exponent(s) AS
        CASE WHEN contains(s, 'e') THEN CAST(split_part(s, 'e', 2) AS INTEGER) ELSE 0 END
        + CASE WHEN ltrim(split_part(split_part(s, 'e', 1), '.', 1), '0') <> ''
            THEN length(ltrim(split_part(split_part(s, 'e', 1), '.', 1), '0')) - 1
            ELSE -1 - (length(split_part(split_part(s, 'e', 1), '.', 2))
                - length(ltrim(split_part(split_part(s, 'e', 1), '.', 2), '0'))) END""",
    """CREATE MACRO spark_unsigned_scientific(s) AS
        spark_digits(s)[1] || '.'
        || CASE WHEN rtrim(spark_digits(s)[2:], '0') = '' THEN '0' ELSE rtrim(spark_digits(s)[2:], '0') END
        || 'E' || CAST(spark_exponent(s) AS VARCHAR)""",
    # Java's Double.toString: decimal between 1e-3 and 1e7, else d.dddE±n with the shortest digits.
    """CREATE MACRO spark_scientific(s) AS
        CASE WHEN starts_with(s, '-') THEN '-' ELSE '' END || spark_unsigned_scientific(ltrim(s, '-'))""",
    """CREATE MACRO spark_double_text(x) AS
        CASE WHEN isnan(x) THEN 'NaN'
            WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
            WHEN x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000) THEN CAST(x AS VARCHAR)
            ELSE spark_scientific(CAST(x AS VARCHAR)) END""",
    """CREATE MACRO spark_timestamp_text(t) AS
        CASE WHEN year(t) BETWEEN 0 AND 9999 THEN strftime(t, '%Y-%m-%d %H:%M:%S')
            ELSE CAST(date_trunc('second', t) AS VARCHAR) END
        || CASE WHEN epoch_us(t) % 1000000 <> 0 THEN rtrim(strftime(t, '.%f'), '0') ELSE '' END""",
    # Years of 4 to 6 digits, then optional month and day; a time part after the day is allowed and ignored.
    """CREATE MACRO spark_parse_date(s) AS
        CASE WHEN regexp_full_match(s, '[+-]?[0-9]{4,7}(-[0-9]{1,2}(-[0-9]{1,2}([ T].*)?)?)?') THEN
            TRY_CAST(regexp_extract(s, '^[+-]?[0-9]+')
                || '-' || coalesce(nullif(regexp_extract(s, '^[+-]?[0-9]+-([0-9]+)', 1), ''), '1')
                || '-' || coalesce(nullif(regexp_extract(s, '^[+-]?[0-9]+-[0-9]+-([0-9]+)', 1), ''), '1') AS DATE) END""",
    """CREATE MACRO spark_zone_of(s) AS
        trim(regexp_extract(s, '[0-9][ ]*((Z|UTC|GMT|UT)?([+-][0-9]{1,2}(:?[0-9]{1,2}(:?[0-9]{1,2})?)?)?|[A-Za-z]+/[A-Za-z_/]+|[A-Z]{3})$', 1))""",
    """CREATE MACRO spark_time_of(s) AS
        lpad(split_part(s, ':', 1), 2, '0') || ':' || lpad(split_part(s, ':', 2), 2, '0') || ':'
        || CASE WHEN split_part(s, ':', 3) = '' THEN '00'
            ELSE lpad(split_part(split_part(s, ':', 3), '.', 1), 2, '0')
                || CASE WHEN split_part(s, '.', 2) = '' THEN '' ELSE '.' || left(split_part(s, '.', 2), 6) END END""",
    """CREATE MACRO spark_local_of(s) AS
        CASE WHEN regexp_full_match(s, '[+-]?[0-9]{4,7}(-[0-9]{1,2}(-[0-9]{1,2})?)?') THEN CAST(spark_parse_date(s) AS TIMESTAMP)
            WHEN regexp_full_match(s, '[+-]?[0-9]{4,7}-[0-9]{1,2}-[0-9]{1,2}[ T][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]*)?)?')
            THEN make_timestamp(
                    epoch_us(CAST(spark_parse_date(regexp_extract(s, '^[^ T]+')) AS TIMESTAMP))
                    + epoch_us(TRY_CAST(spark_time_of(regexp_extract(s, '[ T](.*)$', 1)) AS TIME)))
            END""",
    """CREATE MACRO spark_parse_timestamp_ntz(s) AS
        spark_local_of(trim(left(s, length(s) - length(spark_zone_of(s)))))""",
    """CREATE MACRO spark_offset_us(o) AS
        CASE WHEN starts_with(o, '-') THEN -1 ELSE 1 END * 1000000 * CASE
            WHEN contains(o, ':') THEN CAST(split_part(o[2:], ':', 1) AS BIGINT) * 3600 + CAST(split_part(o[2:], ':', 2) AS BIGINT) * 60
            WHEN length(o) > 3 THEN CAST(o[2:3] AS BIGINT) * 3600 + CAST(o[4:5] AS BIGINT) * 60
            ELSE CAST(o[2:] AS BIGINT) * 3600 END""",
    """CREATE MACRO spark_at_zone(t, z) AS
        CASE WHEN z IN ('Z', 'UTC', 'GMT', 'UT') THEN t
            WHEN regexp_full_match(z, '(UTC|GMT|UT)?[+-][0-9].*') THEN
                make_timestamp(epoch_us(t) - spark_offset_us(regexp_extract(z, '[+-].*$')))
            ELSE timezone('UTC', timezone(z, t)) END""",
    """CREATE MACRO spark_parse_timestamp(s, zone) AS
        CASE WHEN spark_zone_of(s) = '' THEN
            CASE WHEN zone = 'UTC' THEN spark_local_of(s)
                ELSE timezone('UTC', timezone(zone, spark_local_of(s))) END
            ELSE spark_at_zone(spark_local_of(trim(left(s, length(s) - length(spark_zone_of(s))))), spark_zone_of(s)) END""",
)
"""In an order in which each macro may use the ones it names (the engine binds a macro when it is made)."""
