"""The benchmarks behind `tidegate bench`: real Kafka, real Valkey, real worker processes, ratios within one run."""
