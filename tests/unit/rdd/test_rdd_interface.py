"""The look of the interface: printed forms, names, ids, and what is refused by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from unbounded.rdd import RDD, SparkContext
from unbounded.rdd.configuration import SparkConf, worker_count
from unbounded.rdd.errors import PySparkRuntimeError, SparkException, UnsupportedOperationException

# every public name of pyspark.RDD and pyspark.SparkContext in Spark 4.2
RDD_NAMES = """aggregate aggregateByKey barrier cache cartesian checkpoint coalesce cogroup collect collectAsMap
collectWithJobGroup combineByKey context count countApprox countApproxDistinct countByKey countByValue distinct filter
first flatMap flatMapValues fold foldByKey foreach foreachPartition fullOuterJoin getCheckpointFile getNumPartitions
getResourceProfile getStorageLevel glom groupBy groupByKey groupWith histogram id intersection isCheckpointed isEmpty
isLocallyCheckpointed join keyBy keys leftOuterJoin localCheckpoint lookup map mapPartitions mapPartitionsWithIndex
mapValues max mean meanApprox min name partitionBy persist pipe randomSplit reduce reduceByKey
reduceByKeyLocally repartition repartitionAndSortWithinPartitions rightOuterJoin sample sampleByKey sampleStdev
sampleVariance saveAsHadoopDataset saveAsHadoopFile saveAsNewAPIHadoopDataset saveAsNewAPIHadoopFile saveAsPickleFile
saveAsSequenceFile saveAsTextFile setName sortBy sortByKey stats stdev subtract subtractByKey sum sumApprox take
takeOrdered takeSample toDF toDebugString toLocalIterator top treeAggregate treeReduce union unpersist values variance
withResources zip zipWithIndex zipWithUniqueId mapPartitionsWithSplit cleanShuffleDependencies"""
CONTEXT_NAMES = """accumulator addArchive addFile addJobTag addPyFile applicationId binaryFiles binaryRecords broadcast
cancelAllJobs cancelJobGroup cancelJobsWithTag clearJobTags defaultMinPartitions defaultParallelism dump_profiles
emptyRDD getCheckpointDir getConf getJobTags getLocalProperty getOrCreate hadoopFile hadoopRDD listArchives listFiles
newAPIHadoopFile newAPIHadoopRDD parallelize pickleFile range removeJobTag resources runJob sequenceFile
setCheckpointDir setInterruptOnCancel setJobDescription setJobGroup setLocalProperty setLogLevel setSystemProperty
getSystemProperty show_profiles sparkUser startTime statusTracker stop textFile uiWebUrl union version
wholeTextFiles"""


@pytest.mark.parametrize(
    ("kind", "names"), [(RDD, RDD_NAMES), (SparkContext, CONTEXT_NAMES)], ids=["RDD", "SparkContext"]
)
def test_every_name_of_spark_is_there(kind: type, names: str) -> None:
    assert [name for name in names.split() if not hasattr(kind, name)] == []


@pytest.mark.parametrize(
    "use",
    [
        lambda sc: sc.sequenceFile("x"),
        lambda sc: sc.newAPIHadoopFile("x", "format", "key", "value"),
        lambda sc: sc.binaryRecords("x", 8),
        lambda sc: sc.statusTracker(),
        lambda sc: sc.cancelAllJobs(),
        lambda sc: sc.parallelize([1]).saveAsSequenceFile("x"),
        lambda sc: sc.parallelize([1]).barrier(),
    ],
)
def test_what_is_missing_says_its_name(sc: SparkContext, use: Callable[[SparkContext], Any]) -> None:
    name = inspect.getsource(use).strip().rpartition("(")[0].rpartition(".")[2]
    with pytest.raises(
        UnsupportedOperationException, match=rf"(RDD|SparkContext)\.{name.split('(')[0]} is not supported"
    ):
        use(sc)


def test_printed_forms_are_those_of_spark(sc: SparkContext) -> None:
    first = sc.parallelize([1]).id() + 1
    forms = [
        sc.parallelize([1]),
        sc.parallelize([1]).map(str),
        sc.textFile("/no/file"),
        sc.parallelize([(1, 1)]).reduceByKey(max),
        sc.emptyRDD(),
        sc.parallelize([1]).setName("mine"),
    ]
    assert [repr(rdd).replace(f"[{rdd.id()}]", f"[+{rdd.id() - first}]") for rdd in forms] == [
        "ParallelCollectionRDD[+0] at readRDDFromFile at PythonRDD.scala:326",
        "PythonRDD[+11] at RDD at PythonRDD.scala:59",
        "/no/file MapPartitionsRDD[+3] at textFile at NativeMethodAccessorImpl.java:0",
        "PythonRDD[+12] at RDD at PythonRDD.scala:59",
        "EmptyRDD[+9] at emptyRDD at NativeMethodAccessorImpl.java:0",
        "mine ParallelCollectionRDD[+10] at readRDDFromFile at PythonRDD.scala:326",
    ]


def test_debug_string_shows_the_shuffle(sc: SparkContext) -> None:
    rdd = sc.parallelize([(1, 2)], 2).reduceByKey(max)
    last = rdd.id()
    assert rdd.toDebugString().decode().splitlines() == [
        f"(2) PythonRDD[{last}] at RDD at PythonRDD.scala:59 []",
        f" |  MapPartitionsRDD[{last - 1}] at mapPartitions at PythonRDD.scala:197 []",
        f" +-(2) PythonRDD[{last - 4}] at RDD at PythonRDD.scala:59 []",
        f"    |  ParallelCollectionRDD[{last - 5}] at readRDDFromFile at PythonRDD.scala:326 []",
    ]


@pytest.mark.parametrize(("master", "workers"), [("local", 1), ("local[3]", 3), ("local[4, 2]", 4)])
def test_local_masters(master: str, workers: int) -> None:
    assert worker_count(master) == workers


@pytest.mark.parametrize("master", ["yarn", "spark://host:7077", "local[]", "local[0]", "k8s://x"])
def test_other_masters_are_refused(master: str) -> None:
    with pytest.raises(SparkException, match=r"Master URL|0 threads"):
        worker_count(master)


def test_configuration_is_a_copy(sc: SparkContext) -> None:
    conf = sc.getConf().set("spark.default.parallelism", 9)
    assert isinstance(conf, SparkConf)
    assert (conf.get("spark.master"), conf.get("spark.app.name")) == ("local[2]", "cases")
    assert sc.defaultParallelism == 2


def test_context_properties(sc: SparkContext) -> None:
    assert (sc.version, sc.master, sc.appName, sc.uiWebUrl) == ("4.2.0", "local[2]", "cases", None)
    assert sc.applicationId == f"local-{sc.startTime}" == sc.getConf().get("spark.app.id")
    sc.setLogLevel("warn")
    with pytest.raises(ValueError, match="Supplied level BAD did not match one of: ALL,DEBUG,ERROR"):
        sc.setLogLevel("BAD")


def test_options_that_cannot_be_kept_are_refused() -> None:
    with pytest.raises(PySparkRuntimeError, match="batchSize"):
        SparkContext("local", "x", batchSize=5)


def test_annotations_may_name_the_elements() -> None:
    assert RDD.__class_getitem__(int).__origin__ is RDD
