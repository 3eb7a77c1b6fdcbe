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
windowed_avg = df.groupBy(
window(
col("timestamp"), "1 minute", "30 seconds"
),
col("sensor_id")
).avg("temperature")
windowed_avg.writeStream.outputMode("update").format("console").start()
spark.streams.awaitAnyTermination()
