package shopstream.redis;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import redis.clients.jedis.Protocol;

/** A call for each entity: readers see its newest row alone, so of several in one batch only that is written. */
final class FeatureBatch implements Batch {
    /** More digits than that have no place in the order. */
    private static final long LAST_MICROS = 1_000_000_000_000_000_000L, LAST_VERSION = 1_000_000_000_000L;

    private static final byte[] ONE_KEY = {'1'};
    private static final Set<LogicalTypeRoot> FEATURES = EnumSet.of(
            LogicalTypeRoot.BIGINT, LogicalTypeRoot.DOUBLE, LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE);

    private final FeatureRows rows;
    private final LogicalType[] types;
    private final Map<ByteBuffer, Newest> newest = new HashMap<>();

    FeatureBatch(FeatureRows rows, RowType type) {
        this.rows = rows;
        types = type.getChildren().toArray(LogicalType[]::new);
        if (types.length != FeatureRows.FEATURES_FROM + rows.valueFields.length) {
            throw new IllegalArgumentException(types.length + " columns, but " + rows.valueFields.length + " features");
        }
        for (LogicalType feature : List.of(types).subList(FeatureRows.FEATURES_FROM, types.length)) {
            if (!FEATURES.contains(feature.getTypeRoot())) {
                throw new IllegalArgumentException("no feature can be a " + feature);
            }
        }
    }

    @Override
    public void add(RowData row) {
        for (int at = 0; at < types.length; at++) {
            if (row.isNullAt(at)) {
                throw new IllegalArgumentException("column " + at + " of a row is NULL");
            }
        }
        long micros = micros(row, 1);
        long version = row.getLong(2);
        ByteBuffer key = ByteBuffer.wrap(key(row.getString(0).toBytes()));
        Newest known = newest.get(key);
        if (known == null || known.isBefore(micros, version)) {
            newest.put(key, new Newest(micros, version, arguments(row, key.array(), micros, version)));
        }
    }

    @Override
    public int size() {
        return newest.size();
    }

    @Override
    public List<Call> calls() {
        List<Call> calls = new ArrayList<>(newest.size());
        newest.values().forEach(each -> calls.add(new Call(Protocol.Command.EVALSHA, each.arguments)));
        return calls;
    }

    private byte[][] arguments(RowData row, byte[] key, long micros, long version) {
        byte[][] found = new byte[5 + 2 * (rows.momentFields.length + rows.valueFields.length)][];
        int at = 0;
        found[at++] = rows.scriptName;
        found[at++] = ONE_KEY;
        found[at++] = key;
        found[at++] = rows.orderField;
        found[at++] = order(micros, version);
        byte[] moment = ValueProto.moment(micros);
        for (byte[] field : rows.momentFields) {
            found[at++] = field;
            found[at++] = moment;
        }
        for (int feature = 0; feature < rows.valueFields.length; feature++) {
            found[at++] = rows.valueFields[feature];
            found[at++] = value(row, FeatureRows.FEATURES_FROM + feature);
        }
        return found;
    }

    private byte[] value(RowData row, int at) {
        return switch (types[at].getTypeRoot()) {
            case BIGINT -> ValueProto.integer(row.getLong(at));
            case DOUBLE -> ValueProto.real(row.getDouble(at));
            default -> ValueProto.second(Math.floorDiv(micros(row, at), 1_000_000L));
        };
    }

    private long micros(RowData row, int at) {
        TimestampData moment = row.getTimestamp(at, LogicalTypeChecks.getPrecision(types[at]));
        return moment.getMillisecond() * 1000 + moment.getNanoOfMillisecond() / 1000;
    }

    /** Feast's entity key, version 3: the length is 4 bytes, least significant first. */
    private byte[] key(byte[] id) {
        return ByteBuffer.allocate(rows.keyHead.length + Integer.BYTES + id.length + rows.keyTail.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(rows.keyHead)
                .putInt(id.length)
                .put(id)
                .put(rows.keyTail)
                .array();
    }

    /** Of one length, so that the order of the texts is that of the rows. */
    private static byte[] order(long micros, long version) {
        if (micros < 0 || micros >= LAST_MICROS || version < 0 || version >= LAST_VERSION) {
            throw new IllegalArgumentException("a row of " + micros + " us, version " + version + " has no place");
        }
        byte[] text = new byte[31];
        text[18] = '.';
        digits(micros, text, 0, 18);
        digits(version, text, 19, 31);
        return text;
    }

    private static void digits(long number, byte[] text, int from, int until) {
        long left = number;
        for (int at = until - 1; at >= from; at--) {
            text[at] = (byte) ('0' + left % 10);
            left /= 10;
        }
    }

    private record Newest(long micros, long version, byte[][] arguments) {
        boolean isBefore(long otherMicros, long otherVersion) {
            return micros < otherMicros || micros == otherMicros && version < otherVersion;
        }
    }
}
