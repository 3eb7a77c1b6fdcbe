from pyspark.sql import SparkSession
from pyspark.sql.functions import from_json, col, window
from pyspark.sql.types import StructType, StringType
spark = (
SparkSession.builder
.appName("UserActivityStream")
.master("local[*]")
.config("spark.jars.packages", "org.apache.spark:spark-sql-kafka-0-10_2.13:4.0.1")
.config("spark.driver.bindAddress", "127.0.0.1")
.config("spark.driver.host", "127.0.0.1")
.getOrCreate()
)
schema = (
StructType()
.add("user_id", StringType())
.add("action", StringType())
)
df = (
spark.readStream.format("kafka")
.option("kafka.bootstrap.servers", "localhost:9092")
.option("startingOffsets", "earliest")
.option("subscribe", "user_activity")
.load()
)
json_df = df.select(
from_json(
col("value").cast("string"), schema
).alias("data"),
col("timestamp").alias("kafka_ts")
).select("data.*", "kafka_ts")
agg_df = (json_df
.filter(col("action") == "click")
.groupBy(window(col("kafka_ts"), "1 minute"), col("action"))
.count()
)
query = (
agg_df.writeStream
.outputMode("update")
.format("console")
.start()
)
query.awaitTermination()
