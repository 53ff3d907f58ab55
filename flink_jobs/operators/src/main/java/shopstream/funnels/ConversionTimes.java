package shopstream.funnels;

import java.util.Arrays;
import org.apache.flink.table.api.dataview.MapView;

/**
 * How many users took how many whole seconds to one step, in two levels: users in each minute, and for each minute
 * with users those in each of its seconds. So a change touches two small entries, and the median at most three.
 */
final class ConversionTimes {
    private static final int SECONDS = 60;

    /** Entries of the map for one step: more than the minutes of a day. */
    private static final int ENTRIES = 10_000;

    /** Counts of four bytes each; shared by all steps of a key, which have ranges of their own. */
    private final MapView<Integer, byte[]> counts;

    private final int minutes;

    ConversionTimes(int step, MapView<Integer, byte[]> counts) {
        this.counts = counts;
        this.minutes = step * ENTRIES;
    }

    /** Adds {@code change} users who took this long. */
    void add(int second, int change) throws Exception {
        add(minutes, second / SECONDS, change);
        add(secondsOf(second / SECONDS), second % SECONDS, change);
    }

    /** The median in seconds of so many users, the mean of the two middle ones for an even number; null for none. */
    Double median(int users) throws Exception {
        return users == 0 ? null : (ranked((users - 1) / 2) + ranked(users / 2)) / 2.0;
    }

    /** The seconds of the user with so many before them. */
    private int ranked(int rank) throws Exception {
        int before = rank;
        byte[] inMinutes = counts.get(minutes);
        int minute = 0;
        while (before >= read(inMinutes, minute)) {
            before -= read(inMinutes, minute++);
        }
        byte[] inSeconds = counts.get(secondsOf(minute));
        int second = 0;
        while (before >= read(inSeconds, second)) {
            before -= read(inSeconds, second++);
        }
        return minute * SECONDS + second;
    }

    private int secondsOf(int minute) {
        return minutes + 1 + minute;
    }

    private void add(int entry, int at, int change) throws Exception {
        byte[] kept = counts.get(entry);
        int needed = (at + 1) * Integer.BYTES;
        // A copy: what the map holds may be part of a snapshot under way.
        byte[] changed = kept == null ? new byte[needed] : Arrays.copyOf(kept, Math.max(kept.length, needed));
        int count = read(changed, at) + change;
        write(changed, at, count);
        if (count == 0 && isEmpty(changed)) {
            counts.remove(entry);
        } else {
            counts.put(entry, changed);
        }
    }

    private static boolean isEmpty(byte[] bytes) {
        for (byte next : bytes) {
            if (next != 0) {
                return false;
            }
        }
        return true;
    }

    private static int read(byte[] bytes, int number) {
        int at = number * Integer.BYTES;
        return (bytes[at] & 0xff) << 24
                | (bytes[at + 1] & 0xff) << 16
                | (bytes[at + 2] & 0xff) << 8
                | bytes[at + 3] & 0xff;
    }

    private static void write(byte[] bytes, int number, int count) {
        int at = number * Integer.BYTES;
        bytes[at] = (byte) (count >>> 24);
        bytes[at + 1] = (byte) (count >>> 16);
        bytes[at + 2] = (byte) (count >>> 8);
        bytes[at + 3] = (byte) count;
    }
}
