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
from pyspark.sql.functions import max as spark_max
stateful_max = df.groupBy("sensor_id").agg(
spark_max("temperature").alias("max_temperature")
)
stateful_max.writeStream.outputMode("complete").format("console").start()
spark.streams.awaitAnyTermination()
