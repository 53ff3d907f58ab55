package shopstream.format;

import java.nio.charset.StandardCharsets;

/** Values of JSON numbers, from their text. */
final class JsonNumber {
    // Below 2^53 and up to 10^22 both are exact as doubles, so that one division rounds correctly.
    private static final int EXACT_DIGITS = 15;
    private static final double[] POWERS_OF_TEN = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
    };

    private JsonNumber() {}

    /** The nearest double; infinite if the number is beyond all doubles. */
    static double asDouble(byte[] json, int from, int to) {
        boolean negative = json[from] == '-';
        long digits = 0;
        int point = -1;
        int start = negative ? from + 1 : from;
        if (to - start > EXACT_DIGITS) {
            return slow(json, from, to);
        }
        for (int i = start; i < to; i++) {
            byte next = json[i];
            if (next == '.') {
                point = i;
            } else if (next <= '9' && next >= '0') {
                digits = digits * 10 + next - '0';
            } else {
                return slow(json, from, to);
            }
        }
        double value = point < 0 ? digits : digits / POWERS_OF_TEN[to - point - 1];
        return negative ? -value : value;
    }

    /**
     * The number as a long, or null unless it is written without fraction and exponent and lies within the
     * bounds.
     */
    static Long asLong(byte[] json, int from, int to, long min, long max) {
        try {
            long value = Long.parseLong(ascii(json, from, to));
            return value < min || value > max ? null : value;
        } catch (NumberFormatException fractionOrOverflow) {
            return null;
        }
    }

    private static double slow(byte[] json, int from, int to) {
        return Double.parseDouble(ascii(json, from, to));
    }

    private static String ascii(byte[] json, int from, int to) {
        return new String(json, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
