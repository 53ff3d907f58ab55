package shopstream.format;

/**
 * The verdict on a record that is not a valid event. The message is one sentence and quotes no value of the
 * record.
 */
record Rejection(ErrorCode code, String message) {}
