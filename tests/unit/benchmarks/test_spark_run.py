"""What is said when Spark's job has failed."""

from benchmarks.spark.run import reason


def test_the_last_error_is_the_reason() -> None:
    assert reason("java.io.IOException: one\n\tat A.b(A.java:1)\n: KafkaError: two \nbye\n") == "KafkaError: two"


def test_too_little_memory_is_the_reason_of_what_follows() -> None:
    log = "java.lang.OutOfMemoryError: Java heap space\nStreamingQueryException: SparkContext was shut down\n"
    assert reason(log) == "its heap is too small, give it more with --spark-memory."


def test_a_silent_end() -> None:
    assert reason("starting\n") == "no reason given"
