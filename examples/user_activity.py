"""Clicks per minute and user: activity from Kafka as JSON, counted, and the counts sent to another topic.

    unbounded kafka-dev &                                  # a broker to try it with: it makes up some activity
    unbounded run examples/user_activity.py [HOST:PORT]    # localhost:9092

Clicks are counted while their minute lasts: an `update` query sends a count each time it changes. Ends at Ctrl-C.
"""

import sys
from tempfile import mkdtemp

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, count, from_json, struct, to_json, window

kafka = sys.argv[1] if len(sys.argv) > 1 else "localhost:9092"
spark = SparkSession.builder.appName("UserActivity").master("local[*]").getOrCreate()

activity = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", kafka)
    .option("subscribe", "user_activity")
    .option("startingOffsets", "earliest")
    .load()
    .select("timestamp", from_json(col("value").cast("string"), "user_id STRING, action STRING").alias("activity"))
)
clicks = (
    activity.filter("activity.action = 'click'")
    .withWatermark("timestamp", "1 minute")
    .groupBy(window("timestamp", "1 minute"), "activity.user_id")
    .agg(count("*").alias("clicks"))
    .select("window.start", "user_id", "clicks")
)

to_console = clicks.writeStream.queryName("clicks").outputMode("update").format("console").start()
to_kafka = (
    clicks.select(col("user_id").alias("key"), to_json(struct("start", "user_id", "clicks")).alias("value"))
    .writeStream.queryName("click_counts")
    .outputMode("update")
    .format("kafka")
    .option("kafka.bootstrap.servers", kafka)
    .option("topic", "click_counts")
    .option("checkpointLocation", mkdtemp(prefix="click-counts-"))  # a folder that stays, if the counts matter
    .start()
)
spark.streams.awaitAnyTermination()
