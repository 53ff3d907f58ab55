"""The five window metrics as a Spark Structured Streaming job, to compare with."""
