package shopstream.anomalies;

/**
 * What is usual for one window.
 *
 * @param count the median of the windows at the same time of the day
 * @param level how the last hours compare with what was usual for them
 * @param noise a standard deviation on {@link Anscombe}'s scale
 * @param references windows that the median was taken of
 */
record Expectation(double count, double level, double noise, int references) {
    /**
     * Distance from the usual range in standard deviations, negative below it; 0 within. The range is from the usual
     * count to that count at the level of the last hours.
     */
    double score(double value) {
        double z = Anscombe.of(value);
        return z > top() ? (z - top()) / noise : z < bottom() ? (z - bottom()) / noise : 0;
    }

    /** The smallest count with a score above {@code -score}. */
    double low(double score) {
        return Anscombe.inverse(bottom() - score * noise);
    }

    /** The largest count with a score below {@code score}. */
    double high(double score) {
        return Anscombe.inverse(top() + score * noise);
    }

    /** Distance of a count from the usual one at the level of the last hours; not divided by the noise. */
    double residual(double value) {
        return Anscombe.of(value) - Anscombe.of(count * level);
    }

    private double bottom() {
        return Anscombe.of(count * Math.min(1, level));
    }

    private double top() {
        return Anscombe.of(count * Math.max(1, level));
    }
}
