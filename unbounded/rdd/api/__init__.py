"""RDD as programs see it, in layers: transformations, actions, numbers, keys, output. Computes nothing itself."""
