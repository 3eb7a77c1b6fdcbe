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
avg_temp = df.groupBy(
window(col("timestamp"), "1 minute"),
col("sensor_id")
).agg(avg("temperature").alias("avg_temperature"))
query = avg_temp.writeStream.outputMode("update").format("console").start()
query.awaitTermination()