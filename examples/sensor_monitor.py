"""Sensor monitor: average temperature per sensor and minute, live, from a folder of JSON readings.

    unbounded run examples/sensor_monitor.py FOLDER [SECONDS]

A reading: {"sensor_id": 42, "timestamp": "2025-10-11T20:00:00", "temperature": 23.5}
The same program runs on Apache Spark. Without SECONDS it runs until it is stopped.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import avg, col, count, window
from pyspark.sql.types import DoubleType, IntegerType, StructType, TimestampType

folder = sys.argv[1]
seconds = float(sys.argv[2]) if len(sys.argv) > 2 else None

spark = SparkSession.builder.appName("SensorMonitor").master("local[*]").getOrCreate()

schema = StructType().add("sensor_id", IntegerType()).add("timestamp", TimestampType()).add("temperature", DoubleType())
readings = spark.readStream.schema(schema).json(folder)

averages = (
    readings.filter(col("temperature").isNotNull())
    .withColumn("temperature_f", col("temperature") * 9 / 5 + 32)
    .groupBy(window(col("timestamp"), "1 minute"), col("sensor_id"))
    .agg(count("*").alias("readings"), avg("temperature").alias("celsius"), avg("temperature_f").alias("fahrenheit"))
    .select("window.start", "sensor_id", "readings", "celsius", "fahrenheit")
)

query = (
    averages.writeStream.outputMode("update")
    .format("console")
    .option("truncate", "false")
    .queryName("averages")
    .start()
)
if seconds is None:
    query.awaitTermination()
else:
    query.awaitTermination(seconds)
    query.stop()

rows = sum(progress.numInputRows for progress in query.recentProgress)
print(f"{rows} readings in {len(query.recentProgress)} batches")
spark.stop()
