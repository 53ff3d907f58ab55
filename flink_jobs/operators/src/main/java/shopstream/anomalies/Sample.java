package shopstream.anomalies;

import java.util.Arrays;

/** Numbers to take the median of; used again and again, so that nothing is allocated for a window. */
final class Sample {
    /** Makes the median absolute deviation of a normal distribution its standard deviation: 1 / the 75 % quantile. */
    static final double NORMAL = 1.4826;

    private double[] values = new double[64];
    private int size;

    void clear() {
        size = 0;
    }

    int size() {
        return size;
    }

    void add(double value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, 2 * size);
        }
        values[size++] = value;
    }

    /** The middle value, of an even number the mean of the two in the middle; the sample is in order afterwards. */
    double median() {
        if (size == 0) {
            throw new IllegalStateException("there is no median of nothing");
        }
        Arrays.sort(values, 0, size);
        int middle = size / 2;
        return size % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
