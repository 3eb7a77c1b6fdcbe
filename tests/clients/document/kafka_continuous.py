from pyspark.sql import SparkSession
from pyspark.sql.functions import from_json, col, window, expr
from pyspark.sql.types import StructType, StringType, BooleanType
schema = (
StructType()
.add("user_id", StringType())
.add("action", StringType())
.add("is_premium", BooleanType())
)
spark = (
SparkSession.builder
.appName("ActivityStreaming")
.config("spark.jars.packages", "org.apache.spark:spark-sql-kafka-0-10_2.13:4.0.1")
.config("spark.driver.host", "127.0.0.1")
.getOrCreate()
)
raw = (
spark.readStream
.format("kafka")
.option("kafka.bootstrap.servers", "localhost:9092")
.option("subscribe", "user_activity")
.option("startingOffsets", "earliest")
.load()
)
result_df = (
raw.selectExpr("CAST(value AS STRING) AS json_string")
.select(
from_json(col("json_string"), schema).alias("data")
)
.select("data.*")
)
query = (
result_df.writeStream
.format("console")
.outputMode("append")
.option("path", "data/user_activity/")
.option("checkpointLocation", "data/user_activity_checkpoint/")
.trigger(continuous="1 seconds")
.start()
)
query.awaitTermination()
