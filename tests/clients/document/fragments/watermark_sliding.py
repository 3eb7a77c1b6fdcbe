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
alerts_sliding = (
df.withWatermark("timestamp", "2 minutes")
.groupBy(
window(col("timestamp"), "1 minute", "30 seconds"),
col("sensor_id")
).avg("temperature")
)
alerts_sliding.writeStream.outputMode("update").format("console").start()
spark.streams.awaitAnyTermination()
