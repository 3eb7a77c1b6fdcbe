"""One query, twice: over files as a batch, and over the same files as a stream that takes one file at a time.

    unbounded run examples/batch_and_stream.py [FOLDER]    # default: examples/data/readings

`averages` does not know which of the two it gets. The results are equal, to the row.
"""

import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import avg, col, count, round, window

folder = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent / "data" / "readings")
schema = "sensor_id INT, timestamp TIMESTAMP, temperature DOUBLE"
spark = SparkSession.builder.appName("BatchAndStream").master("local[*]").getOrCreate()


def averages(readings: DataFrame) -> DataFrame:
    return (
        readings.filter(col("temperature") > 25)
        .groupBy(window("timestamp", "1 minute"), "sensor_id")
        .agg(count("*").alias("readings"), round(avg("temperature"), 2).alias("average"))
        .select("window.start", "sensor_id", "readings", "average")
    )


batch = averages(spark.read.schema(schema).json(folder))

stream = averages(spark.readStream.schema(schema).option("maxFilesPerTrigger", 1).json(folder))
query = (
    stream.writeStream.outputMode("complete").format("memory").queryName("streamed").trigger(availableNow=True).start()
)
query.awaitTermination()
streamed = spark.table("streamed")

batch.orderBy("start", "sensor_id").show()
batches = sum(progress.numInputRows > 0 for progress in query.recentProgress)
differences = batch.exceptAll(streamed).count() + streamed.exceptAll(batch).count()
print(f"The stream took {batches} batches; {differences} rows differ.")
spark.stop()
sys.exit(differences > 0)
