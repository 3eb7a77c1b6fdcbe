"""Files that RDDs read and write: finding, splitting, decoding, committing. No RDD, no process."""
