from pyspark.sql import SparkSession
from pyspark.sql.functions import avg
spark = SparkSession.builder.appName("BatchExample").getOrCreate()
df = spark.read.csv("sensor_data.csv", header=True, inferSchema=True)
avg_temp = (
df.groupBy("sensor_id").agg(avg("temperature").alias("avg_temperature"))
)
avg_temp.show()