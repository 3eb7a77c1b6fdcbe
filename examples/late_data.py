"""Late data, step by step: what a watermark waits for, and what it drops.

    unbounded run examples/late_data.py

Readings come in four deliveries. After each: where the watermark is, what was dropped, and which averages are final.
The watermark is the latest time seen so far, less two minutes; a window is final when the watermark has passed its end.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from pyspark.sql import SparkSession
from pyspark.sql.functions import avg, count, window

DELIVERIES = [
    ("in order", [("20:00:10", 20.0), ("20:00:40", 22.0), ("20:01:30", 30.0)]),
    ("20:00:50 is late, but its window is still open", [("20:00:50", 24.0), ("20:02:20", 31.0)]),
    ("20:03:40 moves the watermark: the first window is final", [("20:03:40", 32.0)]),
    ("20:00:55 is too late, 20:01:50 is not", [("20:00:55", 99.0), ("20:01:50", 34.0)]),
]

spark = SparkSession.builder.appName("LateData").master("local[*]").getOrCreate()
spark.conf.set("spark.sql.shuffle.partitions", "1")

with TemporaryDirectory() as folder:
    readings = spark.readStream.schema("timestamp TIMESTAMP, temperature DOUBLE").json(folder)
    averages = (
        readings.withWatermark("timestamp", "2 minutes")
        .groupBy(window("timestamp", "1 minute"))
        .agg(count("*").alias("readings"), avg("temperature").alias("average"))
        .selectExpr("date_format(window.start, 'HH:mm') AS minute", "readings", "average")
    )
    query = averages.writeStream.outputMode("append").format("memory").queryName("final_averages").start()
    dropped = 0
    for number, (what_happens, delivered) in enumerate(DELIVERIES):
        lines = [json.dumps({"timestamp": f"2025-10-11T{time}", "temperature": value}) for time, value in delivered]
        hidden = Path(folder) / f".{number}.json"
        hidden.write_text("\n".join(lines))
        hidden.rename(Path(folder) / f"{number}.json")  # a file appears as a whole
        query.processAllAvailable()

        progress = query.recentProgress
        late = sum(operator["numRowsDroppedByWatermark"] for batch in progress for operator in batch["stateOperators"])
        print(f"Delivery {number + 1}: {what_happens}")
        print(f"  watermark {progress[-1]['eventTime']['watermark'][11:19]}, dropped {late - dropped}")
        dropped = late
        spark.table("final_averages").orderBy("minute").show()
    query.stop()
spark.stop()
