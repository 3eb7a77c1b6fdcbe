"""A table of a database that a stream keeps up to date: foreachBatch and JDBC.

    unbounded run examples/stream_to_database.py                  # a file of SQLite, sensor_averages.db
    unbounded run examples/stream_to_database.py 'jdbc:postgresql://localhost/test?user=ann&password=secret'

Every batch replaces the table's rows by all averages so far. A batch that is done again after a crash therefore changes
nothing. (On Apache Spark the driver of the database must be among the jars.)
"""

import sys
from pathlib import Path
from tempfile import mkdtemp

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import avg, count

TABLE = "sensor_averages"

url = sys.argv[1] if len(sys.argv) > 1 else f"jdbc:sqlite:{Path('sensor_averages.db').absolute()}"
folder = str(Path(__file__).parent / "data" / "readings")
spark = SparkSession.builder.appName("StreamToDatabase").master("local[*]").getOrCreate()

readings = (
    spark.readStream.schema("sensor_id INT, timestamp TIMESTAMP, temperature DOUBLE")
    .option("maxFilesPerTrigger", 1)
    .json(folder)
)
averages = readings.groupBy("sensor_id").agg(count("*").alias("readings"), avg("temperature").alias("average"))


def replace_rows(batch: DataFrame, batch_id: int) -> None:
    batch.write.option("truncate", True).jdbc(url, TABLE, mode="overwrite")


query = (
    averages.writeStream.outputMode("complete")
    .foreachBatch(replace_rows)
    .option("checkpointLocation", mkdtemp(prefix="sensor-averages-"))  # a folder that stays, if the stream goes on
    .trigger(availableNow=True)
    .start()
)
query.awaitTermination()
spark.read.jdbc(url, TABLE).orderBy("sensor_id").selectExpr(
    "sensor_id", "readings", "round(average, 1) AS average"
).show()
spark.stop()
