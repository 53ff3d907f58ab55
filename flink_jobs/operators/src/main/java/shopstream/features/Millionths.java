package shopstream.features;

/** Amounts as whole millionths, whose sums do not depend on the order. */
final class Millionths {
    /** An amount above this counts as this. */
    private static final double MAX_AMOUNT = 1e9;

    private static final double MILLION = 1e6;

    private Millionths() {}

    static long of(double amount) {
        return Math.round(Math.max(-MAX_AMOUNT, Math.min(MAX_AMOUNT, amount)) * MILLION);
    }

    /** The sum; at the end of what a long holds, 9.2e12 units, it stays. */
    static long plus(long one, long other) {
        long sum = one + other;
        return ((one ^ sum) & (other ^ sum)) < 0 ? (one < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : sum;
    }

    static double amount(long millionths) {
        return millionths / MILLION;
    }
}
