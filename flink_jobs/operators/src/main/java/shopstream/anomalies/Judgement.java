package shopstream.anomalies;

/**
 * What one window says about one signal.
 *
 * @param isAnomalous an alert begins, or goes on
 * @param holds an alert that is open goes on, though none would begin
 * @param value the window's value; {@code low} and {@code high} are the expected range
 * @param score of a threshold the value divided by the limit, else standard deviations; larger is more anomalous
 */
record Judgement(
        boolean isAnomalous, boolean holds, double value, double score, double low, double high, long ruleVersion) {}
