"""Functions that Spark has and this engine does not: refused by name. One set a family."""

from __future__ import annotations

CRYPTOGRAPHY = frozenset({"aes_encrypt", "aes_decrypt", "try_aes_decrypt"})
JAVA = frozenset({"reflect", "java_method", "try_reflect"})
COLLATIONS = frozenset({"collate", "collations"})
PARTITIONING = frozenset({"bucket", "years", "months", "days", "hours"})
"""Transforms that only partitionedBy of a table takes."""
FORMATS = frozenset({"from_avro", "to_avro", "schema_of_avro", "from_protobuf", "to_protobuf"})
TABLES = frozenset({"python_worker_logs", "sql_keywords"})
METRIC_VIEWS = frozenset({"measure"})
TIMES = frozenset(
    [
        "current_time",
        "make_time",
        "time",
        "time_bucket",
        "time_diff",
        "time_from_micros",
        "time_from_millis",
        "time_from_seconds",
        "time_to_micros",
        "time_to_millis",
        "time_to_seconds",
        "time_trunc",
        "to_time",
        "try_to_time",
    ]
)
"""Of the type TIME, which this engine does not have."""
VECTORS = frozenset(
    [
        "vector_avg",
        "vector_cosine_similarity",
        "vector_inner_product",
        "vector_l2_distance",
        "vector_norm",
        "vector_normalize",
        "vector_sum",
    ]
)

SKETCHES = frozenset(
    [
        "approx_top_k",
        "approx_top_k_accumulate",
        "approx_top_k_combine",
        "approx_top_k_estimate",
        "count_min_sketch",
        "hll_sketch_agg",
        "hll_sketch_estimate",
        "hll_union",
        "hll_union_agg",
        "kll_merge_agg_bigint",
        "kll_merge_agg_double",
        "kll_merge_agg_float",
        "kll_sketch_agg_bigint",
        "kll_sketch_agg_double",
        "kll_sketch_agg_float",
        "kll_sketch_get_n_bigint",
        "kll_sketch_get_n_double",
        "kll_sketch_get_n_float",
        "kll_sketch_get_quantile_bigint",
        "kll_sketch_get_quantile_double",
        "kll_sketch_get_quantile_float",
        "kll_sketch_get_rank_bigint",
        "kll_sketch_get_rank_double",
        "kll_sketch_get_rank_float",
        "kll_sketch_merge_bigint",
        "kll_sketch_merge_double",
        "kll_sketch_merge_float",
        "kll_sketch_to_string_bigint",
        "kll_sketch_to_string_double",
        "kll_sketch_to_string_float",
        "theta_difference",
        "theta_intersection",
        "theta_intersection_agg",
        "theta_sketch_agg",
        "theta_sketch_estimate",
        "theta_union",
        "theta_union_agg",
        "tuple_difference_double",
        "tuple_difference_integer",
        "tuple_difference_theta_double",
        "tuple_difference_theta_integer",
        "tuple_intersection_agg_double",
        "tuple_intersection_agg_integer",
        "tuple_intersection_double",
        "tuple_intersection_integer",
        "tuple_intersection_theta_double",
        "tuple_intersection_theta_integer",
        "tuple_sketch_agg_double",
        "tuple_sketch_agg_integer",
        "tuple_sketch_estimate_double",
        "tuple_sketch_estimate_integer",
        "tuple_sketch_summary_double",
        "tuple_sketch_summary_integer",
        "tuple_sketch_theta_double",
        "tuple_sketch_theta_integer",
        "tuple_union_agg_double",
        "tuple_union_agg_integer",
        "tuple_union_double",
        "tuple_union_integer",
        "tuple_union_theta_double",
        "tuple_union_theta_integer",
    ]
)
VARIANTS = frozenset(
    [
        "is_valid_variant",
        "is_variant_null",
        "parse_json",
        "schema_of_variant",
        "schema_of_variant_agg",
        "to_variant_object",
        "try_parse_json",
        "try_variant_get",
        "variant_explode",
        "variant_explode_outer",
        "variant_get",
    ]
)
XML = frozenset(
    [
        "from_xml",
        "schema_of_xml",
        "to_xml",
    ]
)
SPATIAL = frozenset(["st_asbinary", "st_geogfromwkb", "st_geomfromwkb", "st_setsrid", "st_srid"])

KNOWN = frozenset().union(
    CRYPTOGRAPHY,
    FORMATS,
    JAVA,
    COLLATIONS,
    PARTITIONING,
    TABLES,
    METRIC_VIEWS,
    TIMES,
    SKETCHES,
    VARIANTS,
    VECTORS,
    XML,
    SPATIAL,
)
