"""The fault suite behind `tidegate chaos` and tests/faults: real Kafka, Valkey and workers, disturbed from outside
while known traffic runs, and audited afterwards by what stands in the topics and in the index."""
