package shopstream.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import redis.clients.jedis.Protocol.Command;

/** Later rows over earlier ones; each window is written whole or not at all, by one call. */
final class LiveBatch implements Batch {
    private static final int COLUMNS = 4;

    /** Drops all windows of the list but the newest, rows included: in a backlog there may be very many of them. */
    private static final byte[] FORGET_ALL_BUT_THE_NEWEST = text("""
            for _, start in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[1])) do
                redis.call('DEL', KEYS[1] .. ':' .. start)
            end
            return redis.call('ZREMRANGEBYRANK', KEYS[1], 0, ARGV[1])
            """);

    private final LiveRows rows;
    private final int precision;
    private final Map<Window, Map<String, byte[]>> windows = new LinkedHashMap<>();
    private int size;

    LiveBatch(LiveRows rows, RowType type) {
        this.rows = rows;
        precision = LogicalTypeChecks.getPrecision(type.getTypeAt(1));
    }

    @Override
    public void add(RowData row) {
        for (int at = 0; at < COLUMNS; at++) {
            if (row.isNullAt(at)) {
                throw new IllegalArgumentException("column " + at + " of a live row is NULL");
            }
        }
        long start = Math.floorDiv(row.getTimestamp(1, precision).getMillisecond(), 1000L);
        Window window = new Window(row.getString(0).toString(), start);
        Map<String, byte[]> changed = windows.computeIfAbsent(window, any -> new LinkedHashMap<>());
        // toBytes may give the row's own array.
        if (changed.put(row.getString(2).toString(), row.getString(3).toBytes().clone()) == null) {
            size++;
        }
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public List<Call> calls() {
        byte[] kept = text(rows.keptSeconds);
        List<Call> calls = new ArrayList<>();
        Map<String, Set<Long>> starts = new LinkedHashMap<>();
        windows.forEach((window, changed) -> {
            byte[] key = text("live:" + window.result + ":" + window.start);
            List<byte[]> hash = new ArrayList<>(1 + 2 * changed.size());
            hash.add(key);
            changed.forEach((field, values) -> {
                hash.add(text(field));
                hash.add(values);
            });
            calls.add(new Call(Command.HSET, hash.toArray(byte[][]::new)));
            calls.add(new Call(Command.EXPIRE, key, kept));
            starts.computeIfAbsent(window.result, any -> new LinkedHashSet<>()).add(window.start);
        });
        starts.forEach((result, listed) -> {
            byte[] key = text("live:" + result);
            List<byte[]> members = new ArrayList<>(1 + 2 * listed.size());
            members.add(key);
            for (long start : listed) {
                members.add(text(start));
                members.add(text(start));
            }
            calls.add(new Call(Command.ZADD, members.toArray(byte[][]::new)));
            long last = -1L - rows.listed.get(result);
            calls.add(new Call(Command.EVAL, FORGET_ALL_BUT_THE_NEWEST, text(1), key, text(last)));
            calls.add(new Call(Command.EXPIRE, key, kept));
        });
        return calls;
    }

    private static byte[] text(Object value) {
        return value.toString().getBytes(UTF_8);
    }

    private record Window(String result, long start) {}
}
