package shopstream.anomalies;

/** What an alert is about; each has alerts of its own for each event type. */
enum Signal {
    COUNT("count_threshold", "high"),
    INTENSITY("intensity_threshold", "high"),
    SPIKE("unusual", "high"),
    DROP("unusual", "low");

    final String kind;
    final String direction;

    Signal(String kind, String direction) {
        this.kind = kind;
        this.direction = direction;
    }

    /** Whether a window that is not final can show it for certain: a count only grows. */
    boolean isCertainEarly() {
        return this == COUNT || this == SPIKE;
    }
}
