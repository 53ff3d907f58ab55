package shopstream.metrics;

import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;

/** All events, and the windows that they make, counted by looking at every event for every window. */
final class Recount {
    record Event(String key, long time, Double amount, String id, String word) {
        RowData row() {
            return GenericRowData.of(
                    BinaryStringData.fromString(key),
                    TimestampData.fromEpochMillis(time),
                    amount,
                    id == null ? null : BinaryStringData.fromString(id),
                    word == null ? null : BinaryStringData.fromString(word));
        }

        /** The event alone, as {@link CombineEvents} sends it. */
        RowData partial(WindowSpec spec) throws IOException {
            Partial partial = new Partial();
            Partial.Tile tile = partial.at(spec.tileOf(time));
            tile.count = 1;
            if (amount != null) {
                tile.addAmount(Math.round(amount * 1e6));
            }
            if (id != null) {
                Id bits = new Id();
                bits.read(BinaryStringData.fromString(id));
                tile.addId(bits.high, bits.low);
            }
            if (word != null) {
                tile.words().add(BinaryStringData.fromString(word));
            }
            return GenericRowData.of(
                    BinaryStringData.fromString(key), partial.encode(new PartialWriter(), Long.MIN_VALUE));
        }
    }

    record Window(String key, long start) implements Comparable<Window> {
        @Override
        public int compareTo(Window other) {
            int byKey = key.compareTo(other.key);
            return byKey == 0 ? Long.compare(start, other.start) : byKey;
        }
    }

    final List<Event> events = new ArrayList<>();
    private final WindowSpec spec;

    Recount(WindowSpec spec) {
        this.spec = spec;
    }

    /** The values of each window that has events: end, count, distinct ids, millionths, words. */
    Map<Window, List<Object>> windows() {
        Map<Window, List<Event>> inWindow = new TreeMap<>();
        for (Event event : events) {
            long last = Math.floorDiv(event.time, spec.slideMillis()) * spec.slideMillis();
            for (long start = last; start > event.time - spec.sizeMillis(); start -= spec.slideMillis()) {
                inWindow.computeIfAbsent(new Window(event.key, start), window -> new ArrayList<>()).add(event);
            }
        }
        Map<Window, List<Object>> values = new TreeMap<>();
        inWindow.forEach((window, in) -> values.put(
                window,
                List.of(
                        window.start + spec.sizeMillis(),
                        (long) in.size(),
                        in.stream().map(Event::id).filter(Objects::nonNull).distinct().count(),
                        BigInteger.valueOf(in.stream()
                                .filter(event -> event.amount != null)
                                .mapToLong(event -> Math.round(event.amount * 1e6))
                                .sum()),
                        in.stream().map(Event::word).filter(Objects::nonNull).distinct().sorted()
                                .collect(Collectors.joining(",")))));
        return values;
    }

    static Window window(RowData row) {
        return new Window(row.getString(0).toString(), row.getTimestamp(1, 3).getMillisecond());
    }

    static List<Object> values(RowData row) {
        List<String> words = new ArrayList<>();
        ArrayData array = row.getArray(6);
        for (int i = 0; i < array.size(); i++) {
            words.add(array.getString(i).toString());
        }
        return List.of(
                row.getTimestamp(2, 3).getMillisecond(),
                row.getLong(3),
                row.getLong(4),
                row.getDecimal(5, 38, 6).toBigDecimal().movePointRight(6).toBigIntegerExact(),
                String.join(",", words));
    }

    /** An event at a moment around {@code time}; half of the ids are too long to be kept as they are. */
    static Event event(Random random, long time, int ids) {
        String id = random.nextInt(9) == 0 ? null : "u" + random.nextInt(ids);
        return new Event(
                "k" + random.nextInt(3),
                time,
                random.nextBoolean() ? null : random.nextInt(100_000) / 100.0 - 200,
                id != null && id.hashCode() % 2 == 0 ? id + "-with-a-long-end" : id,
                random.nextBoolean() ? null : "w" + random.nextInt(5));
    }

}
