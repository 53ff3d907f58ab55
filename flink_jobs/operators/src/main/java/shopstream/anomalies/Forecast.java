package shopstream.anomalies;

/**
 * What to expect of a window: the median of the windows at the same time of the day, two slots around it included, of
 * the last 14 days. Medians, so that an anomaly is not in its own baseline; a new level becomes the usual one once it is
 * in most of the days.
 *
 * <p>Only windows that are final before the one in question begins are used ({@link #LEAD} behind it), so what is expected is
 * known while a window fills and does not change until it is final.
 */
final class Forecast {
    /** A window begins when the one this many slots before it is final: an hour for its length, ten minutes for late events. */
    static final int LEAD = 7;

    /** With fewer references there is no expectation: about two days. */
    static final int MIN_REFERENCES = 10;

    /** Most references that there can be. */
    static final int MAX_REFERENCES = History.DAYS * (2 * Forecast.AROUND + 1);

    private static final int AROUND = 2;

    /** Windows that the level of the last hours is taken from, and how many of them are enough. */
    private static final int LEVEL_SLOTS = 24;

    private static final int MIN_LEVEL = 12;

    /** A weekend or a holiday differs by so much; what differs by more is to be told. */
    private static final double MAX_LEVEL = 1.5;

    /** Windows that the noise is taken from, and how many of them are enough. */
    private static final int NOISE_SLOTS = 2 * Slot.PER_DAY;

    private static final int MIN_NOISE = 72;

    /** Residuals at the same time of the day that are enough for a noise of that time. */
    private static final int MIN_LOCAL = 24;

    /** Of the noise, as a part of the count: a series that hardly varies must not alert for nothing. */
    private static final double MIN_RELATIVE = 0.03;

    private final Sample sample = new Sample();

    /** Null while the history is too short. The newest window of the history must be {@link #LEAD} before the slot. */
    Expectation of(History history, long slot) {
        if (history.newest != slot - LEAD) {
            throw new IllegalArgumentException("window " + slot + " cannot be expected from windows up to " + history.newest);
        }
        sample.clear();
        for (int day = 1; day <= History.DAYS; day++) {
            for (int around = -AROUND; around <= AROUND; around++) {
                long reference = slot - (long) day * Slot.PER_DAY + around;
                if (history.has(reference)) {
                    sample.add(Anscombe.of(history.count(reference)));
                }
            }
        }
        int references = sample.size();
        if (references < MIN_REFERENCES) {
            return null;
        }
        double count = Anscombe.inverse(sample.median());
        double noise = Math.max(1, MIN_RELATIVE * Math.sqrt(count));
        noise = Math.max(noise, seriesNoise(history, slot));
        noise = Math.max(noise, localNoise(history, slot));
        return new Expectation(count, level(history, slot), noise, references);
    }

    /** How much the last hours differ from what was usual for them; windows in an alert tell nothing. */
    private double level(History history, long slot) {
        sample.clear();
        for (long recent = slot - LEAD - LEVEL_SLOTS + 1; recent <= slot - LEAD; recent++) {
            if (history.has(recent) && !history.isFlagged(recent) && !Double.isNaN(history.expected(recent))) {
                sample.add((history.count(recent) + 1) / (history.expected(recent) + 1));
            }
        }
        if (sample.size() < MIN_LEVEL) {
            return 1;
        }
        return Math.max(1 / MAX_LEVEL, Math.min(MAX_LEVEL, sample.median()));
    }

    /** Of the last two days without alerts; while there are too few windows the noise is the one known last. */
    private double seriesNoise(History history, long slot) {
        sample.clear();
        for (long recent = slot - LEAD - NOISE_SLOTS + 1; recent <= slot - LEAD; recent++) {
            if (history.has(recent) && !history.isFlagged(recent)) {
                addResidual(history, recent);
            }
        }
        if (sample.size() >= MIN_NOISE) {
            history.noise = Sample.NORMAL * sample.median();
        }
        return Double.isNaN(history.noise) ? 0 : history.noise;
    }

    /** Of this time of the day. */
    private double localNoise(History history, long slot) {
        sample.clear();
        for (int day = 1; day <= History.DAYS; day++) {
            for (int around = -AROUND; around <= AROUND; around++) {
                long reference = slot - (long) day * Slot.PER_DAY + around;
                if (history.has(reference)) {
                    addResidual(history, reference);
                }
            }
        }
        return sample.size() < MIN_LOCAL ? 0 : Sample.NORMAL * sample.median();
    }

    private void addResidual(History history, long slot) {
        double residual = history.residual(slot);
        if (!Double.isNaN(residual)) {
            sample.add(Math.abs(residual));
        }
    }
}
