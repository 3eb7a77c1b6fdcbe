"""Makes PySpark's client at home here: programs written for a Spark of their own then run as they are.

What changes, and nothing else: the builder accepts master URLs, `pyspark.SparkContext` and its relatives exist,
sessions and data frames know RDDs, and a client whose engine has ended gives up at once instead of after ten minutes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pyspark
from pyspark.sql.connect.client.retries import DefaultPolicy
from pyspark.sql.connect.dataframe import DataFrame as ConnectDataFrame
from pyspark.sql.connect.session import SparkSession as ConnectSession
from pyspark.sql.session import SparkSession

RDD_NAMES = frozenset({"SparkContext", "RDD", "Broadcast", "SparkFiles"})


def prepare_client(url: str, is_engine_running: Callable[[], bool] | None = None) -> None:
    """Makes `url` what `SparkSession.builder.getOrCreate()` connects to. May be called again with another."""
    os.environ["SPARK_REMOTE"] = url
    SparkSession.Builder._validate_startup_urls = _ignore_local_remote  # type: ignore[assignment, method-assign]
    pyspark.__getattr__ = _rdd_name  # type: ignore[method-assign]
    ConnectSession.sparkContext = property(_spark_context)  # type: ignore[attr-defined]
    ConnectSession.createDataFrame = _create_data_frame  # type: ignore[assignment, method-assign]
    ConnectDataFrame.rdd = property(_rdd_of_data_frame)  # type: ignore[assignment]
    if is_engine_running is not None:
        DefaultPolicy.can_retry = _retry_while(is_engine_running)  # type: ignore[assignment, method-assign]


def _ignore_local_remote(builder: Any) -> None:
    """Stands for the client's check that master and remote URL exclude each other; `local[*]` means here anyway."""
    if str(builder._options.get("spark.remote", "")).startswith("local"):
        del builder._options["spark.remote"]


def _rdd_name(name: str) -> Any:
    """The module attributes that a client-only PySpark lacks; loaded when a program asks for one."""
    if name not in RDD_NAMES:
        raise AttributeError(f"module 'pyspark' has no attribute {name!r}")
    return getattr(_rdd_package(), name)


def _rdd_package() -> Any:
    from unbounded import rdd  # noqa: PLC0415  most programs use none and shall not wait for it

    if rdd.SparkContext.data_frame_factory is None:
        rdd.SparkContext.data_frame_factory = staticmethod(_data_frame_of_rdd)
    return rdd


def _spark_context(session: ConnectSession) -> Any:
    return _rdd_package().SparkContext.getOrCreate()


def _rdd_of_data_frame(frame: ConnectDataFrame) -> Any:
    """The rows are collected now, once."""
    return _rdd_package().SparkContext.getOrCreate().parallelize(frame.collect())


def _data_frame_of_rdd(rdd: Any, schema: Any, sampling_ratio: float | None) -> Any:
    """`rdd.toDF`: types are inferred from all rows, whatever the sampling ratio."""
    return SparkSession.builder.getOrCreate().createDataFrame(rdd, schema)


_create_from_local = ConnectSession.createDataFrame


def _create_data_frame(session: ConnectSession, data: Any, schema: Any = None, *rest: Any, **named: Any) -> Any:
    """As the client's own, which does not know RDDs."""
    is_rdd = type(data).__module__.startswith("unbounded.rdd")
    return _create_from_local(session, data.collect() if is_rdd else data, schema, *rest, **named)


_can_retry = DefaultPolicy.can_retry


def _retry_while(is_engine_running: Callable[[], bool]) -> Callable[[DefaultPolicy, BaseException], bool]:
    def can_retry(policy: DefaultPolicy, error: BaseException) -> bool:
        return is_engine_running() and _can_retry(policy, error)

    return can_retry
