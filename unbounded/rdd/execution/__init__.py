"""How RDDs are computed: lineage, the inputs of tasks, stages, worker processes."""
