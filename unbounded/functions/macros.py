"""Engine macros: Spark's text forms written once in engine SQL and called by name. Created when the engine starts.

The forms that clean data has are read by plain casts in `text_forms`; the macros here that read text are for the rest.
"""

from __future__ import annotations

_LOOK_BACK_US = 3 * 3_600_000_000
"""Farther back than clocks are usually set back; the offset in force there is the earlier one of an overlap."""

_DOUBLES = (
    # Of a number without sign. d.ddde+16 -> d.dddE16; 123456789.5 -> 1.234567895E8; 0.000123 -> 1.23E-4.
    """CREATE MACRO spark_scientific(number) AS
        list_transform([number], lambda s :
            CASE WHEN s = '5e-324' THEN '4.9E-324'
                WHEN contains(s, 'e') THEN split_part(s, 'e', 1) || CASE WHEN contains(s, '.') THEN 'E' ELSE '.0E' END
                    || CAST(CAST(split_part(s, 'e', 2) AS INTEGER) AS VARCHAR)
                WHEN starts_with(s, '0.') THEN s[6] || '.' || greatest(s[7:], '0') || 'E-4'
                ELSE left(s, 1) || '.' || greatest(rtrim(replace(s[2:], '.', ''), '0'), '0')
                    || 'E' || CAST(strpos(s, '.') - 2 AS VARCHAR) END)[1]""",
    # Java's Double.toString: decimal between 1e-3 and 1e7, else d.dddE±n, with the shortest digits.
    """CREATE MACRO spark_double_text(x) AS
        CASE WHEN abs(x) >= 0.001 AND abs(x) < 10000000 OR x = 0 THEN CAST(x AS VARCHAR)
            WHEN isfinite(x) THEN CASE WHEN x < 0 THEN '-' ELSE '' END || spark_scientific(CAST(abs(x) AS VARCHAR))
            WHEN isnan(x) THEN 'NaN'
            WHEN x > 0 THEN 'Infinity'
            WHEN x < 0 THEN '-Infinity' END""",
    # The engine writes a FLOAT of this size with all digits of its whole number: take the fewest that read back.
    """CREATE MACRO spark_float_text(x) AS
        CASE WHEN abs(x) >= 10000000 AND abs(x) < 1e16 THEN
            list_transform([list_filter(
                [format('{:.5e}', x), format('{:.6e}', x), format('{:.7e}', x), format('{:.8e}', x)],
                lambda s : CAST(s AS FLOAT) = x)[1]], lambda s :
                regexp_replace(regexp_replace(split_part(s, 'e', 1), '0+$', ''), '[.]$', '.0')
                || 'E' || CAST(CAST(split_part(s, 'e', 2) AS INTEGER) AS VARCHAR))[1]
            ELSE spark_double_text(x) END""",
)

_NUMBERS_FROM_TEXT = (
    r"""CREATE MACRO spark_trim(s) AS regexp_replace(s, '^[\x00-\x20\x7f]+|[\x00-\x20\x7f]+$', '', 'g')""",
    """CREATE MACRO spark_whole_text(s) AS
        CASE WHEN regexp_full_match(spark_trim(s), '[+-]?[0-9]+') THEN spark_trim(s) END""",
    # Outside ANSI mode a fraction is cut off.
    """CREATE MACRO spark_cut_text(s) AS
        CASE WHEN regexp_full_match(spark_trim(s), '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]*)')
            THEN regexp_replace(regexp_extract(spark_trim(s), '^[+-]?[0-9]*'), '^[+-]?$', '0') END""",
    """CREATE MACRO spark_decimal_text(s) AS
        CASE WHEN regexp_full_match(spark_trim(s), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?')
            THEN spark_trim(s) END""",
    """CREATE MACRO spark_floating_text(s) AS
        CASE WHEN regexp_full_match(spark_trim(s), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[dDfF]?')
                THEN rtrim(spark_trim(s), 'dDfF')
            WHEN regexp_full_match(spark_trim(s), '(?i)[+-]?(inf|infinity)|nan') THEN spark_trim(s) END""",
    """CREATE MACRO spark_boolean(s) AS
        CASE WHEN lower(spark_trim(s)) IN ('t', 'true', 'y', 'yes', '1') THEN true
            WHEN lower(spark_trim(s)) IN ('f', 'false', 'n', 'no', '0') THEN false END""",
)

_TIMES_TO_TEXT = (
    """CREATE MACRO spark_year_text(y) AS
        CASE WHEN y > 9999 THEN '+' || CAST(y AS VARCHAR)
            ELSE printf(CASE WHEN y < 0 THEN '%05d' ELSE '%04d' END, y) END""",
    """CREATE MACRO spark_date_text(d) AS
        CASE WHEN d BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(d AS VARCHAR)
            WHEN isfinite(d) THEN spark_year_text(year(d)) || strftime(d, '-%m-%d') END""",
    """CREATE MACRO spark_timestamp_text(t) AS
        CASE WHEN t BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' THEN CAST(t AS VARCHAR)
            WHEN isfinite(t) THEN spark_year_text(year(t)) || strftime(t, '-%m-%d %H:%M:%S')
                || rtrim(rtrim(strftime(t, '.%f'), '0'), '.') END""",
)

_ZONES = (
    """CREATE MACRO spark_offset_us(instant_us, zone) AS
        epoch_us(timezone(zone, make_timestamptz(instant_us))) - instant_us""",
    """CREATE MACRO spark_local_at(t, zone) AS timezone(zone, make_timestamptz(epoch_us(t)))""",
    # The engine takes the later of two instants; `u` is what it takes.
    f"""CREATE MACRO spark_instant_at(w, zone) AS
        make_timestamp(list_transform([epoch_us(timezone(zone, w))], lambda u :
            CASE WHEN spark_offset_us(u - {_LOOK_BACK_US}, zone) = epoch_us(w) - u THEN u
                WHEN spark_offset_us(epoch_us(w) - spark_offset_us(u - {_LOOK_BACK_US}, zone), zone)
                        = spark_offset_us(u - {_LOOK_BACK_US}, zone)
                    THEN epoch_us(w) - spark_offset_us(u - {_LOOK_BACK_US}, zone)
                ELSE u END)[1])""",
    """CREATE MACRO spark_local_by_code(t, code) AS
        CASE WHEN starts_with(code, '#') THEN make_timestamp(epoch_us(t) + CAST(code[2:] AS BIGINT))
            ELSE spark_local_at(t, code) END""",
    """CREATE MACRO spark_instant_by_code(w, code) AS
        CASE WHEN starts_with(code, '#') THEN make_timestamp(epoch_us(w) - CAST(code[2:] AS BIGINT))
            ELSE spark_instant_at(w, code) END""",
    # `+hh:mm` or `Z` at the end of a text.
    """CREATE MACRO spark_suffix_offset_us(s) AS
        CASE WHEN ends_with(s, 'Z') THEN 0
            ELSE (CAST(s[-5:-4] AS BIGINT) * 60 + CAST(s[-2:] AS BIGINT))
                * CASE WHEN s[-6] = '-' THEN -60000000 ELSE 60000000 END
            END""",
)

_DATE = r"([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T].*)?)?)?"
_TIME = r"(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.](\d*))?(\D.*)?)?)?"
_TIMESTAMP = rf"([+-]?\d{{4,6}})(?:-(\d{{1,2}})(?:-(\d{{1,2}})(?:[ T]{_TIME})?)?)?"

_TIMES_FROM_TEXT = (
    """CREATE MACRO spark_part(s, missing) AS CAST(CASE WHEN s = '' THEN missing ELSE s END AS BIGINT)""",
    f"""CREATE MACRO spark_date(s) AS
        list_transform([regexp_extract(spark_trim(s), '(?s)^{_DATE}$', ['y', 'm', 'd'])], lambda p :
            CASE WHEN p.y <> ''
                THEN TRY(make_date(spark_part(p.y, ''), spark_part(p.m, '1'), spark_part(p.d, '1'))) END)[1]""",
    """CREATE MACRO spark_clock_us(h, m, s, f) AS
        CASE WHEN h < 24 AND m < 60 AND s < 60
            THEN ((CAST(h AS BIGINT) * 60 + m) * 60 + s) * 1000000 + CAST(left(rpad(f, 6, '0'), 6) AS BIGINT) END""",
    # Wall clock `w` and zone text `z` of a trimmed text; `w` is NULL for what is no timestamp.
    f"""CREATE MACRO spark_timestamp_parts(s) AS
        list_transform([regexp_extract(s, '(?s)^{_TIMESTAMP}$', ['y', 'm', 'd', 'h', 'i', 's', 'f', 'z'])], lambda p :
            CASE WHEN p.y <> '' THEN struct_pack(
                w := TRY(make_timestamp(
                    epoch_us(CAST(
                        make_date(spark_part(p.y, ''), spark_part(p.m, '1'), spark_part(p.d, '1')) AS TIMESTAMP))
                    + spark_clock_us(spark_part(p.h, '0'), spark_part(p.i, '0'), spark_part(p.s, '0'), p.f))),
                z := trim(p.z)) END)[1]""",
    # A time alone is one of today.
    r"""CREATE MACRO spark_with_day(s, today) AS
        CASE WHEN regexp_matches(s, '^(T\d|\d{1,2}:)') THEN today || ' ' || ltrim(s, 'T') ELSE s END""",
)

_FAULTS = (
    # Why a date or a time cannot be, in Java's words; NULL for one that can.
    """CREATE MACRO spark_date_fault(y, m, d) AS
        CASE WHEN y NOT BETWEEN -999999999 AND 999999999
                THEN 'Invalid value for Year (valid values -999999999 - 999999999): ' || y
            WHEN m NOT BETWEEN 1 AND 12 THEN 'Invalid value for MonthOfYear (valid values 1 - 12): ' || m
            WHEN d NOT BETWEEN 1 AND 31 THEN 'Invalid value for DayOfMonth (valid values 1 - 28/31): ' || d
            WHEN TRY(make_date(y, m, d)) IS NOT NULL THEN NULL
            WHEN m = 2 AND d = 29 THEN 'Invalid date ''February 29'' as ''' || y || ''' is not a leap year'
            ELSE 'Invalid date ''' || upper(strftime(make_date(2000, m, 1), '%B')) || ' ' || d || '''' END""",
    """CREATE MACRO spark_time_fault(h, m, s) AS
        CASE WHEN h NOT BETWEEN 0 AND 23 THEN 'Invalid value for HourOfDay (valid values 0 - 23): ' || h
            WHEN m NOT BETWEEN 0 AND 59 THEN 'Invalid value for MinuteOfHour (valid values 0 - 59): ' || m
            WHEN s < 0 OR s > 60
                THEN 'Invalid value for SecondOfMinute (valid values 0 - 59): ' || CAST(trunc(s) AS BIGINT) END""",
)

MACROS: tuple[str, ...] = (
    *_DOUBLES,
    *_NUMBERS_FROM_TEXT,
    *_TIMES_TO_TEXT,
    *_ZONES,
    *_TIMES_FROM_TEXT,
    *_FAULTS,
)
"""In an order in which each macro may use the ones it names (the engine binds a macro when it is made)."""
