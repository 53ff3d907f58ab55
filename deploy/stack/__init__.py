"""The local stack: Kafka, Valkey, Flink, MLflow and the scorer on loopback."""
