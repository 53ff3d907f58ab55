package shopstream.format;

import org.apache.flink.table.data.TimestampData;

/**
 * Reads ISO 8601 timestamps, {@code 2026-11-01T12:00:00.123456+02:00}: {@code T}, {@code t} or a space; 0 to
 * 9 fraction digits; offset {@code Z}, {@code z}, {@code +hh:mm}, {@code +hhmm}, {@code +hh}, or none for
 * UTC. The moment must be within the years 1970 to 9999 in UTC; leap seconds and hour 24 are refused. Holds
 * the last moment read; not safe for use by several threads.
 */
final class EventTime {
    private static final long SECONDS_OF_DAY = 86_400;
    /** 10000-01-01T00:00:00Z. */
    private static final long END = 253_402_300_800L;

    private static final int[] DAYS_BEFORE_MONTH = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    private static final int[] NANOS_OF_UNIT = {
        1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1
    };

    private long seconds;
    private int nanos;

    /** Reads ASCII text; returns whether it is a timestamp. */
    boolean read(byte[] text, int from, int to) {
        if (to - from < 19
                || text[from + 4] != '-'
                || text[from + 7] != '-'
                || (text[from + 10] | 0x20) != 't' && text[from + 10] != ' '
                || text[from + 13] != ':'
                || text[from + 16] != ':') {
            return false;
        }
        int year = two(text, from) * 100 + two(text, from + 2);
        int month = two(text, from + 5);
        int day = two(text, from + 8);
        int hour = two(text, from + 11);
        int minute = two(text, from + 14);
        int second = two(text, from + 17);
        // A part that is no number is negative.
        if ((year | month | day | hour | minute | second) < 0) {
            return false;
        }
        if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) {
            return false;
        }
        if (hour > 23 || minute > 59 || second > 59) {
            return false;
        }
        int p = from + 19;
        nanos = 0;
        if (p < to && text[p] == '.') {
            int start = ++p;
            while (p < to && text[p] >= '0' && text[p] <= '9' && p - start < 9) {
                nanos = nanos * 10 + text[p++] - '0';
            }
            if (p == start) {
                return false;
            }
            nanos *= NANOS_OF_UNIT[p - start];
        }
        int offset = offset(text, p, to);
        if (offset == Integer.MIN_VALUE) {
            return false;
        }
        long days = daysSince1970(year, month, day);
        seconds = days * SECONDS_OF_DAY + hour * 3600 + minute * 60 + second - offset;
        return seconds >= 0 && seconds < END;
    }

    /** The moment last read, cut (not rounded) to {@code precision} fraction digits. */
    TimestampData value(int precision) {
        int unit = NANOS_OF_UNIT[precision];
        int cut = nanos - nanos % unit;
        return TimestampData.fromEpochMillis(seconds * 1000 + cut / 1_000_000, cut % 1_000_000);
    }

    /** Seconds east of UTC, or {@code MIN_VALUE} if the text is no offset. */
    private static int offset(byte[] text, int p, int to) {
        int length = to - p;
        if (length == 0 || length == 1 && (text[p] | 0x20) == 'z') {
            return 0;
        }
        boolean colon = length == 6 && text[p + 3] == ':';
        if (text[p] != '+' && text[p] != '-' || !colon && length != 5 && length != 3) {
            return Integer.MIN_VALUE;
        }
        int hours = two(text, p + 1);
        int minutes = length == 3 ? 0 : two(text, to - 2);
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
            return Integer.MIN_VALUE;
        }
        int offset = hours * 3600 + minutes * 60;
        return text[p] == '-' ? -offset : offset;
    }

    /** The value of two digits, or a number so negative that a century of it stays negative. */
    private static int two(byte[] text, int p) {
        int tens = text[p] - '0';
        int ones = text[p + 1] - '0';
        return (tens | ones | 9 - tens | 9 - ones) < 0 ? -10_000 : tens * 10 + ones;
    }

    private static boolean isLeap(int year) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }

    private static int daysOf(int year, int month) {
        return switch (month) {
            case 2 -> isLeap(year) ? 29 : 28;
            case 4, 6, 9, 11 -> 30;
            default -> 31;
        };
    }

    private static long daysSince1970(int year, int month, int day) {
        int before = year - 1;
        long days = before * 365L + before / 4 - before / 100 + before / 400;
        int leapDay = month > 2 && isLeap(year) ? 1 : 0;
        // 719162 days lie between 0001-01-01 and 1970-01-01.
        return days - 719_162 + DAYS_BEFORE_MONTH[month - 1] + leapDay + day - 1;
    }
}
