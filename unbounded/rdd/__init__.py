"""SparkContext and RDD as PySpark has them, in the program's own process and a few workers. No JVM, no session."""

from unbounded.rdd.added_files import SparkFiles
from unbounded.rdd.api.rdd import RDD
from unbounded.rdd.context import SparkContext
from unbounded.rdd.kernels.hashing import Partitioner, portable_hash
from unbounded.rdd.kernels.joining import ResultIterable
from unbounded.rdd.kernels.statistics import BoundedFloat, StatCounter
from unbounded.rdd.shared_variables import Accumulator, AccumulatorParam, Broadcast

__all__ = [
    "RDD",
    "Accumulator",
    "AccumulatorParam",
    "BoundedFloat",
    "Broadcast",
    "Partitioner",
    "ResultIterable",
    "SparkContext",
    "SparkFiles",
    "StatCounter",
    "portable_hash",
]
