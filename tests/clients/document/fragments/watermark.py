from pyspark.sql import SparkSession
from pyspark.sql.functions import col, window, avg
from pyspark.sql.types import StructType, StringType, FloatType, TimestampType
spark = SparkSession.builder.appName("StreamingExample").getOrCreate()
schema = (
StructType()
.add("sensor_id", StringType())
.add("timestamp", TimestampType())
.add("temperature", FloatType())
)
df = spark.readStream.schema(schema).json("sensor_data_stream")
from pyspark.sql.functions import window, col
alerts = (
df.withWatermark("timestamp", "2 minutes")
.groupBy(
window(col("timestamp"), "1 minute"),
col("sensor_id")
).avg("temperature")
)
alerts.writeStream.outputMode("append").format("console").start()
spark.streams.awaitAnyTermination()
