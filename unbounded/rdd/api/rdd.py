"""RDD: the top layer, with output to files and to data frames, and what is refused."""

from __future__ import annotations

from functools import partial
from typing import Any

from unbounded.rdd.api import unsupported
from unbounded.rdd.api.keyed import KeyedOperations
from unbounded.rdd.api.unsupported import refused
from unbounded.rdd.errors import PySparkRuntimeError
from unbounded.rdd.files.output import OutputDirectory, codec_named
from unbounded.rdd.kernels.partition_functions import PartitionFunction


class RDD(KeyedOperations):
    """A lazy collection of elements in partitions, as `pyspark.RDD`."""

    def saveAsTextFile(self, path: str, compressionCodecClass: str | None = None) -> None:
        """A directory of text files, one for each partition, a line for each element."""
        codec = codec_named(compressionCodecClass)
        directory = OutputDirectory.begin(path)
        self._write_parts(directory, partial(directory.write_text, codec))

    def saveAsPickleFile(self, path: str, batchSize: int = 10) -> None:
        """A directory of files only `pickleFile` of this engine can read."""
        directory = OutputDirectory.begin(path)
        self._write_parts(directory, partial(directory.write_pickles, batchSize))

    def _write_parts(self, directory: OutputDirectory, write: PartitionFunction) -> None:
        try:
            directory.commit(self._mapped(write).collect())
        except BaseException:
            directory.abort()
            raise

    def toDF(self, schema: Any = None, sampleRatio: float | None = None) -> Any:
        """A data frame of the elements; needs a session."""
        factory = type(self.ctx).data_frame_factory
        if factory is None:
            message = "Not supported to call `RDD.toDF` before initialize SparkSession."
            raise PySparkRuntimeError(f"[CALL_BEFORE_INITIALIZE] {message}")
        return factory(self, schema, sampleRatio)

    saveAsHadoopDataset = refused("RDD.saveAsHadoopDataset", unsupported.HADOOP)
    saveAsHadoopFile = refused("RDD.saveAsHadoopFile", unsupported.HADOOP)
    saveAsNewAPIHadoopDataset = refused("RDD.saveAsNewAPIHadoopDataset", unsupported.HADOOP)
    saveAsNewAPIHadoopFile = refused("RDD.saveAsNewAPIHadoopFile", unsupported.HADOOP)
    saveAsSequenceFile = refused("RDD.saveAsSequenceFile", unsupported.HADOOP)
    barrier = refused("RDD.barrier", unsupported.BARRIER)
    withResources = refused("RDD.withResources", unsupported.RESOURCES)
    getResourceProfile = refused("RDD.getResourceProfile", unsupported.RESOURCES)
    cleanShuffleDependencies = refused("RDD.cleanShuffleDependencies", unsupported.SHUFFLE_FILES)
    collectWithJobGroup = refused("RDD.collectWithJobGroup", unsupported.CANCELLATION)
