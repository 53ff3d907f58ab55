package shopstream.anomalies;

/**
 * What one window says about one signal.
 *
 * @param isAnomalous an alert begins, or goes on
 * @param holds an alert that is open goes on, though none would begin
 * @param window what was judged; {@code value} is its events or events per user, {@code low} and {@code high} are what is
 *     expected of that
 * @param score of a threshold the value divided by the limit, else standard deviations; larger is more anomalous
 */
record Judgement(
        boolean isAnomalous,
        boolean holds,
        Window window,
        double value,
        double score,
        double low,
        double high,
        long ruleVersion) {}
