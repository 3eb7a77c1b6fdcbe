"""Spikes of errors: from a folder of log files the minutes in which too many requests to a service failed.

    unbounded run examples/log_errors.py [FOLDER]    # default: examples/data/logs

A line: 2025-10-11T12:02:00 shop GET /item/7 503 12ms
Reads what is there and ends; without the trigger it would go on with every file that comes.
"""

import sys
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.functions import avg, col, count, regexp_extract, window

SPIKE = 0.25
LINE = r"^(\S+) (\S+) \S+ \S+ (\d{3}) "

folder = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent / "data" / "logs")
spark = SparkSession.builder.appName("LogErrors").master("local[*]").getOrCreate()

requests = (
    spark.readStream.text(folder)
    .filter(col("value").rlike(LINE))  # what is no request: stack traces and the like
    .select(
        regexp_extract("value", LINE, 1).cast("timestamp").alias("time"),
        regexp_extract("value", LINE, 2).alias("service"),
        regexp_extract("value", LINE, 3).cast("int").alias("status"),
    )
)
error_rates = requests.groupBy(window("time", "1 minute"), "service").agg(
    count("*").alias("requests"), avg((col("status") >= 500).cast("int")).alias("error_rate")
)
spikes = (
    error_rates.filter(col("error_rate") > SPIKE)
    .select("window.start", "service", "requests", "error_rate")
    .orderBy("start", "service")
)
query = (
    spikes.writeStream.outputMode("complete").format("memory").queryName("spikes").trigger(availableNow=True).start()
)
query.awaitTermination()
spark.table("spikes").show()
spark.stop()
