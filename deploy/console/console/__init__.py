"""The operators' console: topics, consumer lag and dead letters. Reads the bus and writes nothing to it."""
