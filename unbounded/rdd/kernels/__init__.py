"""The arithmetic of RDDs: hashing, sampling, statistics, merging. No files, no processes."""
