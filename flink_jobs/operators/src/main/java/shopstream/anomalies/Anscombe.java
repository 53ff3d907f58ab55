package shopstream.anomalies;

/**
 * Counts on a scale where the noise of a Poisson count has a standard deviation of about 1 whatever its mean (F. J.
 * Anscombe, The transformation of Poisson, binomial and negative-binomial data, Biometrika 35, 1948).
 */
final class Anscombe {
    private static final double SHIFT = 3.0 / 8;

    private Anscombe() {}

    static double of(double count) {
        return 2 * Math.sqrt(count + SHIFT);
    }

    /** The count at this place of the scale; 0 for what lies below all counts. */
    static double inverse(double z) {
        double half = Math.max(0, z) / 2;
        return Math.max(0, half * half - SHIFT);
    }
}
