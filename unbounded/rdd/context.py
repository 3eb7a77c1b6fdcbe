"""SparkContext: where RDDs begin. Wires configuration, engine and files together; computes nothing."""

from __future__ import annotations

import atexit
import getpass
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, NoReturn, Self, TypeVar

from unbounded.rdd import shared_variables, sources
from unbounded.rdd.added_files import IMPORTABLE_ARCHIVES, SparkFiles, add_file
from unbounded.rdd.api import unsupported
from unbounded.rdd.api.rdd import RDD
from unbounded.rdd.api.unsupported import refused
from unbounded.rdd.configuration import DEFAULT_APPLICATION_NAME, DEFAULT_MASTER, Settings, SparkConf, worker_count
from unbounded.rdd.errors import CONTEXT_ONLY_ON_DRIVER, PySparkRuntimeError
from unbounded.rdd.execution.engine import Engine
from unbounded.rdd.execution.lineage import Empty, Mapped, Node, united
from unbounded.rdd.files.listing import local_path
from unbounded.rdd.shared_variables import Accumulator, AccumulatorParam, Broadcast

T = TypeVar("T")

SPARK_VERSION = "4.2.0"
LOG_LEVELS = ("ALL", "DEBUG", "ERROR", "FATAL", "INFO", "OFF", "TRACE", "WARN")
DataFrameFactory = Callable[[RDD, Any, float | None], Any]


class SparkContext:
    """The entrance to RDDs; at most one is active in a process.

    `data_frame_factory` is set by whoever has a session: (rdd, schema, sampling ratio) → data frame.
    """

    _active_spark_context: ClassVar[SparkContext | None] = None
    _lock: ClassVar[threading.RLock] = threading.RLock()
    data_frame_factory: ClassVar[DataFrameFactory | None] = None

    def __init__(
        self,
        master: str | None = None,
        appName: str | None = None,
        sparkHome: str | None = None,
        pyFiles: Sequence[str] | None = None,
        environment: dict[str, str] | None = None,
        batchSize: int = 0,
        serializer: Any = None,
        conf: Settings | None = None,
        **unused: Any,
    ) -> None:
        _refuse_options(batchSize, serializer, unused)
        with SparkContext._lock:
            self._refuse_second_context()
            self._created_at = _calling_place()
            self._conf = _settings(conf, master, appName, sparkHome)
            self._start(environment or {})
            SparkContext._active_spark_context = self
            try:
                for path in pyFiles or ():
                    self.addPyFile(path)
            except BaseException:
                self.stop()
                raise

    def _start(self, environment: dict[str, str]) -> None:
        self.master = self._conf.get("spark.master", DEFAULT_MASTER) or DEFAULT_MASTER
        self.appName = self._conf.get("spark.app.name", DEFAULT_APPLICATION_NAME) or DEFAULT_APPLICATION_NAME
        self.sparkHome = self._conf.get("spark.home")
        self.environment = environment
        self.checkpoint_directory: Path | None = None
        self._worker_count = worker_count(self.master)
        self._engine: Engine | None = None
        self._next_shared_id = 0
        self._added_files: list[str] = []
        self._local_properties: dict[str, str] = {}
        self._start_engine()

    def _start_engine(self) -> None:
        prefix = "spark.executorEnv."
        settings = [(key.removeprefix(prefix), value) for key, value in self._conf.getAll() if key.startswith(prefix)]
        engine = Engine(self._worker_count, self._conf.get("spark.local.dir"), {**self.environment, **dict(settings)})
        self._engine = engine
        SparkFiles.root = str(engine.added_files)
        self._conf.set("spark.app.id", self.applicationId)
        atexit.register(self.stop)

    @classmethod
    def _refuse_second_context(cls) -> None:
        active = cls._active_spark_context
        if active is not None:
            raise ValueError(
                "Cannot run multiple SparkContexts at once; existing "
                f"SparkContext(app={active.appName}, master={active.master}) created by {active._created_at} "
            )

    @classmethod
    def getOrCreate(cls, conf: Settings | None = None) -> SparkContext:
        """The active context, or a new one."""
        with cls._lock:
            return cls._active_spark_context or cls(conf=conf)

    @property
    def running_engine(self) -> Engine:
        """What runs the jobs of this context; an error after `stop`."""
        if self._engine is None:
            raise PySparkRuntimeError("Cannot call methods on a stopped SparkContext.")
        return self._engine

    def stop(self) -> None:
        """End the workers and remove temporary files; RDDs of this context cannot be computed any more."""
        with SparkContext._lock:
            if self._engine is None:
                return
            atexit.unregister(self.stop)
            self._engine.close()
            self._engine = None
            SparkFiles.root = None
            shared_variables.forget_broadcasts()
            SparkContext._active_spark_context = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<SparkContext master={self.master} appName={self.appName}>"

    def __reduce__(self) -> NoReturn:
        raise PySparkRuntimeError(CONTEXT_ONLY_ON_DRIVER)

    # --- what the context is ---

    @property
    def version(self) -> str:
        """The version of Spark whose behaviour this engine has."""
        return SPARK_VERSION

    @property
    def applicationId(self) -> str:
        """A name for this run, from the time of its start."""
        return f"local-{self.startTime}"

    @property
    def startTime(self) -> int:
        """When the context was made, in milliseconds since 1970."""
        return self.running_engine.start_time_ms

    @property
    def uiWebUrl(self) -> str | None:
        """None: RDD jobs have no web view."""
        return None

    @property
    def defaultParallelism(self) -> int:
        """How many partitions a collection gets: `spark.default.parallelism`, else the number of workers."""
        return int(self._conf.get("spark.default.parallelism") or self._worker_count)

    @property
    def defaultMinPartitions(self) -> int:
        """How many partitions files get at least."""
        return min(self.defaultParallelism, 2)

    def has_setting(self, key: str) -> bool:
        """Whether the configuration has a value for this."""
        return self._conf.contains(key)

    def getConf(self) -> SparkConf:
        """A copy of the configuration."""
        return SparkConf(self._conf.getAll())

    def sparkUser(self) -> str:
        """Who runs this."""
        return getpass.getuser()

    def setLogLevel(self, logLevel: str) -> None:
        """Accepted for its value; RDD jobs write no log."""
        if logLevel.upper() not in LOG_LEVELS:
            levels = ",".join(LOG_LEVELS)
            raise ValueError(f"requirement failed: Supplied level {logLevel} did not match one of: {levels}")

    # --- where RDDs begin ---

    def _rdd(self, node: Node) -> RDD:
        if not isinstance(node, Mapped):
            self.running_engine.assign_id(node)
        return RDD(self, node)

    def parallelize(self, c: Iterable[Any], numSlices: int | None = None) -> RDD:
        """The elements of a collection, in so many slices."""
        slices = self.defaultParallelism if numSlices is None else int(numSlices)
        if isinstance(c, range):
            return self._rdd(sources.number_sequence(c, slices))
        return self._rdd(sources.collection(c, slices))

    def range(self, start: int, end: int | None = None, step: int = 1, numSlices: int | None = None) -> RDD:
        """Whole numbers from `start` (or 0) to before `end`."""
        first, last = (0, start) if end is None else (start, end)
        return self.parallelize(range(first, last, step), numSlices)

    def emptyRDD(self) -> RDD:
        """No element and no partition."""
        return self._rdd(Empty())

    def textFile(self, name: str, minPartitions: int | None = None, use_unicode: bool = True) -> RDD:
        """The lines of text files: paths separated by commas, patterns, directories; .gz and .bz2 are unpacked."""
        return self._rdd(sources.text_lines(name, minPartitions or self.defaultMinPartitions, as_text=use_unicode))

    def wholeTextFiles(self, path: str, minPartitions: int | None = None, use_unicode: bool = True) -> RDD:
        """Pairs of the URL and the text of files."""
        return self._rdd(sources.whole_files(path, minPartitions or self.defaultMinPartitions, as_text=use_unicode))

    def binaryFiles(self, path: str, minPartitions: int | None = None) -> RDD:
        """Pairs of the URL and the bytes of files."""
        return self._rdd(sources.whole_files(path, minPartitions or self.defaultMinPartitions, as_text=False))

    def pickleFile(self, name: str, minPartitions: int | None = None) -> RDD:
        """The elements `saveAsPickleFile` wrote, one partition for each file."""
        return self._rdd(sources.pickle_files(name))

    def union(self, rdds: Sequence[RDD]) -> RDD:
        """The elements of all."""
        return self._rdd(united([rdd._node for rdd in rdds]))

    def runJob(
        self,
        rdd: RDD,
        partitionFunc: Callable[[Iterable[Any]], Iterable[Any]],
        partitions: Sequence[int] | None = None,
        allowLocal: bool = False,
    ) -> list[Any]:
        """A function's results over some partitions."""
        return [element for part in rdd.mapPartitions(partitionFunc)._run(partitions) for element in part]

    # --- what is shared with workers ---

    def _new_shared_id(self) -> int:
        self._next_shared_id += 1
        return self._next_shared_id - 1

    def broadcast(self, value: T) -> Broadcast[T]:
        """A read-only value that each worker reads once."""
        number = self._new_shared_id()
        path = self.running_engine.new_directory("broadcast") / str(number)
        return shared_variables.write_broadcast(number, path, value)

    def accumulator(self, value: T, accum_param: AccumulatorParam[T] | None = None) -> Accumulator[T]:
        """A value that workers only add to."""
        return shared_variables.make_accumulator(self._new_shared_id(), value, accum_param)

    def addFile(self, path: str, recursive: bool = False) -> None:
        """A copy of a local file that functions find with `SparkFiles.get`."""
        target = add_file(path, Path(SparkFiles.getRootDirectory()), recursive=recursive)
        self._added_files.append(f"file:{target}")

    @property
    def listFiles(self) -> list[str]:
        """The files added so far."""
        return list(self._added_files)

    def addPyFile(self, path: str) -> None:
        """A module or archive that functions can import."""
        self.addFile(path)
        root = SparkFiles.getRootDirectory()
        name = os.path.basename(path)
        importable = os.path.join(root, name) if name.lower().endswith(IMPORTABLE_ARCHIVES) else root
        if importable not in sys.path:
            sys.path.insert(1, importable)

    def setCheckpointDir(self, dirName: str) -> None:
        """Where checkpoints go: a directory of this run below the given one."""
        self.checkpoint_directory = Path(local_path(dirName)) / self.applicationId
        self.checkpoint_directory.mkdir(parents=True, exist_ok=True)

    def getCheckpointDir(self) -> str | None:
        """Where checkpoints go."""
        return None if self.checkpoint_directory is None else f"file:{self.checkpoint_directory}"

    # --- labels of jobs, which nothing here reads back but the program ---

    def setLocalProperty(self, key: str, value: str | None) -> None:
        """Remember a property; None forgets it."""
        if value is None:
            self._local_properties.pop(key, None)
        else:
            self._local_properties[key] = value

    def getLocalProperty(self, key: str) -> str | None:
        """A remembered property."""
        return self._local_properties.get(key)

    def setJobGroup(self, groupId: str, description: str, interruptOnCancel: bool = False) -> None:
        """Name the jobs that follow."""
        self.setLocalProperty("spark.jobGroup.id", groupId)
        self.setLocalProperty("spark.job.description", description)

    def setJobDescription(self, value: str | None) -> None:
        """Describe the jobs that follow."""
        self.setLocalProperty("spark.job.description", value)

    sequenceFile = refused("SparkContext.sequenceFile", unsupported.HADOOP)
    hadoopFile = refused("SparkContext.hadoopFile", unsupported.HADOOP)
    hadoopRDD = refused("SparkContext.hadoopRDD", unsupported.HADOOP)
    newAPIHadoopFile = refused("SparkContext.newAPIHadoopFile", unsupported.HADOOP)
    newAPIHadoopRDD = refused("SparkContext.newAPIHadoopRDD", unsupported.HADOOP)
    binaryRecords = refused("SparkContext.binaryRecords", unsupported.HADOOP)
    addArchive = refused("SparkContext.addArchive", "unpack archives and add their files")
    statusTracker = refused("SparkContext.statusTracker", "jobs are not observed")
    listArchives = refused("SparkContext.listArchives", "unpack archives and add their files")
    resources = refused("SparkContext.resources", unsupported.RESOURCES)
    getSystemProperty = refused("SparkContext.getSystemProperty", unsupported.NO_JVM)
    setSystemProperty = refused("SparkContext.setSystemProperty", unsupported.NO_JVM)
    addJobTag = refused("SparkContext.addJobTag", unsupported.CANCELLATION)
    removeJobTag = refused("SparkContext.removeJobTag", unsupported.CANCELLATION)
    getJobTags = refused("SparkContext.getJobTags", unsupported.CANCELLATION)
    clearJobTags = refused("SparkContext.clearJobTags", unsupported.CANCELLATION)
    setInterruptOnCancel = refused("SparkContext.setInterruptOnCancel", unsupported.CANCELLATION)
    cancelAllJobs = refused("SparkContext.cancelAllJobs", unsupported.CANCELLATION)
    cancelJobGroup = refused("SparkContext.cancelJobGroup", unsupported.CANCELLATION)
    cancelJobsWithTag = refused("SparkContext.cancelJobsWithTag", unsupported.CANCELLATION)
    show_profiles = refused("SparkContext.show_profiles", unsupported.PROFILER)
    dump_profiles = refused("SparkContext.dump_profiles", unsupported.PROFILER)


def _settings(conf: Settings | None, master: str | None, name: str | None, home: str | None) -> SparkConf:
    """The given settings, overruled by the arguments, completed by the defaults of `local` mode."""
    settings = SparkConf(conf.getAll() if conf is not None else ())
    arguments = {"spark.master": master, "spark.app.name": name, "spark.home": home}
    for key, value in arguments.items():
        if value:
            settings.set(key, value)
    settings.setIfMissing("spark.master", DEFAULT_MASTER)
    settings.setIfMissing("spark.app.name", DEFAULT_APPLICATION_NAME)
    return settings


def _refuse_options(batch_size: int, serializer: Any, unused: dict[str, Any]) -> None:
    """Options that would change how data is pickled, and those of the JVM."""
    if batch_size != 0 or serializer is not None or any(value is not None for value in unused.values()):
        names = ", ".join(["batchSize", "serializer", *unused])
        raise PySparkRuntimeError(f"SparkContext: these options cannot be set here: {names}")


def _calling_place() -> str:
    """The line of the program that makes the context."""
    own = os.path.dirname(__file__)
    for frame in reversed(traceback.extract_stack()):
        if not frame.filename.startswith(own):
            return f"__init__ at {frame.filename}:{frame.lineno}"
    return "__init__"
