"""Files as sources and sinks: listing, options, schemas, writing. Reading itself is engine SQL, made by `lowering`."""
