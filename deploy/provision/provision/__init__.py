"""Topics, users and rights in Kafka, MinIO and MongoDB: derived from the registry, run again without harm."""
