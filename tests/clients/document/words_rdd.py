from pyspark import SparkContext
sc = SparkContext.getOrCreate()
rdd = sc.parallelize(["hello world", "how are you"])
flat_rdd = rdd.flatMap(lambda s: s.split(" "))
print(flat_rdd.collect())
