"""Sensor monitor: one stream of temperature readings from Kafka, and several questions about it at the same time.

    unbounded run examples/sensor_monitor.py --kafka localhost:9092 --topic readings --output monitor --dashboard

A record: {"sensor_id": 42, "timestamp": "2025-10-11T20:00:00", "temperature": 23.5}
Averages and malformed records go to Delta tables in the output folder; what is watched goes to the monitoring page
(`--dashboard`, which only unbounded has) or to the console. Everything else is as on Apache Spark.
"""

import argparse
import math
import signal
import threading
import time
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import avg, col, count, count_if, from_json, max, min, unix_millis, window
from pyspark.sql.streaming import StreamingQuery
from pyspark.sql.streaming.listener import StreamingQueryProgress

HOT = 30
ALERT = 40
LATE_BY_MOST = "2 minutes"
BATCHES_REMEMBERED = 10_000
HEAT = {"chart": "heat", "x": "window", "series": "sensor_id", "y": "average", "window": 60}

parser = argparse.ArgumentParser(description="Watches temperature readings from Kafka.")
parser.add_argument("--kafka", default="localhost:9092", metavar="HOST:PORT")
parser.add_argument("--topic", default="readings")
parser.add_argument("--output", default="sensor-monitor", help="folder of Delta tables and checkpoints")
parser.add_argument("--dashboard", action="store_true", help="charts on the monitoring page instead of the console")
parser.add_argument("--seconds", type=float, help="ends after so long; without it at Ctrl-C")
parser.add_argument("--once", action="store_true", help="reads what is there, and ends")
parser.add_argument("--batch-rows", type=int, default=100_000, help="records that a batch takes at most")
options = parser.parse_args()
is_over = threading.Event()
signal.signal(signal.SIGINT, lambda *_: is_over.set())

spark = SparkSession.builder.appName("SensorMonitor").master("local[*]").getOrCreate()
spark.conf.set("spark.sql.shuffle.partitions", "4")
spark.conf.set("spark.sql.streaming.numRecentProgressUpdates", BATCHES_REMEMBERED)

records = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", options.kafka)
    .option("subscribe", options.topic)
    .option("startingOffsets", "earliest")
    .option("maxOffsetsPerTrigger", options.batch_rows)
    .load()
    .select(col("value").cast("string").alias("record"), col("timestamp").alias("arrival"))
)
parsed = records.withColumn(
    "reading", from_json("record", "sensor_id INT, timestamp TIMESTAMP, temperature DOUBLE")
).select("record", "arrival", "reading.*")
is_good = col("sensor_id").isNotNull() & col("timestamp").isNotNull() & col("temperature").isNotNull()
malformed = parsed.filter(~is_good).select("record", "arrival")
readings = parsed.filter(is_good).withWatermark("timestamp", LATE_BY_MOST)

hot_averages = (
    readings.filter(col("temperature") > HOT)
    .groupBy(window("timestamp", "1 minute"), "sensor_id")
    .agg(count("*").alias("readings"), avg("temperature").alias("average"))
    .select("window.start", "sensor_id", "readings", "average")
)
sliding_averages = readings.groupBy(window("timestamp", "1 minute", "30 seconds"), "sensor_id").agg(
    avg("temperature").alias("average")
)
room = readings.groupBy(window("timestamp", "1 minute")).agg(
    min("temperature").alias("coolest"), avg("temperature").alias("average"), max("temperature").alias("hottest")
)
maxima = readings.groupBy("sensor_id").agg(max("temperature").alias("maximum")).orderBy("sensor_id")
is_alert = is_good & (col("temperature") > ALERT)
alerts = (
    parsed.observe(
        "arrivals",
        count("*").alias("records"),
        count_if(~is_good).alias("malformed"),
        count_if(is_alert).alias("alerts"),
        unix_millis(min("arrival")).alias("first_ms"),
    )
    .filter(is_alert)
    .select("timestamp", "sensor_id", "temperature")
)


def start(
    name: str, result: DataFrame, mode: str, sink: str, every: str = "1 second", **sink_options: object
) -> StreamingQuery:
    writer = result.writeStream.queryName(name).outputMode(mode).format(sink).options(**sink_options)
    writer = writer.option("checkpointLocation", f"{options.output}/checkpoints/{name}")
    trigger = {"availableNow": True} if options.once else {"processingTime": every}
    return writer.trigger(**trigger).start()


def chart(name: str, result: DataFrame, mode: str, **chart_options: object) -> StreamingQuery:
    if options.dashboard:
        return start(name, result, mode, "dashboard", **chart_options)
    return start(name, result, mode, "console", truncate=False)


queries = [
    chart("alerts", alerts, "append", title=f"Above {ALERT} degrees", chart="table"),
    start("hot_averages", hot_averages, "append", "delta", path=f"{options.output}/hot_averages"),
    start("malformed", malformed, "append", "delta", path=f"{options.output}/malformed"),
    start("room_history", room, "append", "delta", path=f"{options.output}/room_history"),
    chart("room", room, "update", title="All sensors, by minute", chart="line", y="coolest,average,hottest", window=60),
    chart("sliding_averages", sliding_averages, "update", title="Averages of a minute, every 30 s", **HEAT),
    chart("maxima", maxima, "complete", title="Highest so far", chart="bar", x="sensor_id", y="maximum"),
]
if options.dashboard:
    queries.append(start("alert_log", alerts, "append", "console", every="10 seconds", truncate=False))

end = time.monotonic() + options.seconds if options.seconds is not None else math.inf
goes_on = any if options.once else all
while goes_on(query.isActive for query in queries) and time.monotonic() < end and not is_over.wait(0.2):
    pass
for query in queries:
    query.stop()
for failure in filter(None, (query.exception() for query in queries)):
    raise failure


def arrivals(batch: StreamingQueryProgress) -> list[int]:
    """Records, malformed ones, alerts, and when the first record arrived."""
    row = batch["observedMetrics"]["arrivals"]
    return list(row["values"]) if "values" in row else list(row)  # Spark Connect sends values and schema


def end_ms(batch: StreamingQueryProgress) -> float:
    return datetime.fromisoformat(batch["timestamp"]).timestamp() * 1000 + batch["durationMs"]["triggerExecution"]


def print_summary() -> None:
    """Of the last `BATCHES_REMEMBERED` batches of each query, by what Spark tells of them."""
    print(f"\n{'query':>16} {'batches':>8} {'records':>10} {'dropped as late':>16}")
    for query in queries:
        progress = query.recentProgress
        late = sum(operator["numRowsDroppedByWatermark"] for batch in progress for operator in batch["stateOperators"])
        print(f"{query.name:>16} {len(progress):8,} {sum(batch.numInputRows for batch in progress):10,} {late:16,}")
    batches = [batch for batch in queries[0].recentProgress if batch.numInputRows]
    if not batches:
        print("No records came.")
        return
    records, bad, alarms, first_ms = zip(*map(arrivals, batches))
    print(f"{sum(records):,} records, {sum(bad):,} malformed, {sum(alarms):,} alerts")
    took_s = (end_ms(batches[-1]) - first_ms[0]) / 1000
    print(f"{sum(records) / took_s:,.0f} records a second in {took_s:.1f} s")
    if options.once:
        return
    waits = sorted((end_ms(batch) - first) / 1000 for batch, first in zip(batches, first_ms))
    half, most, all_of_them = (waits[int(share * (len(waits) - 1))] for share in (0.5, 0.95, 1))
    print(f"From Kafka to alert: half within {half:.2f} s, 95 % within {most:.2f} s, all within {all_of_them:.2f} s")


print_summary()
spark.stop()
