package shopstream.features;

/** Amounts as whole millionths, whose sums do not depend on the order. */
final class Millionths {
    /** An amount above this counts as this, so that a day's sum fits a long. */
    private static final double MAX_AMOUNT = 1e9;

    private static final double MILLION = 1e6;

    private Millionths() {}

    static long of(double amount) {
        return Math.round(Math.max(-MAX_AMOUNT, Math.min(MAX_AMOUNT, amount)) * MILLION);
    }

    static double amount(long millionths) {
        return millionths / MILLION;
    }
}
