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
from pyspark.sql.functions import expr
hot_sensors = (
df.filter(col("temperature") > 30)
.withColumn("temperature_f", col("temperature") * 9/5 + 32)
)
hot_sensors.writeStream.outputMode("append").format("console").start()
spark.streams.awaitAnyTermination()
