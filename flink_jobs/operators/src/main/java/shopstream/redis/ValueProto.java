package shopstream.redis;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The protobuf messages of Feast's online format: {@code feast.types.Value} and {@code google.protobuf.Timestamp}.
 *
 * <p>Source: Feast 0.67, {@code protos/feast/types/Value.proto}; the encoding is protobuf's own.
 */
public final class ValueProto {
    /** Tags of {@code int64_val}, {@code double_val} and {@code unix_timestamp_val}. */
    private static final byte INT64 = 0x20, DOUBLE = 0x29, UNIX_TIMESTAMP = 0x40;

    /** Tags of {@code seconds} and {@code nanos}. */
    private static final byte SECONDS = 0x08, NANOS = 0x10;

    private static final int MILLION = 1_000_000;

    private ValueProto() {}

    /** A feature that is a whole number. */
    public static byte[] integer(long number) {
        return tagged(INT64, number);
    }

    /** A feature that is a DOUBLE; 0.0 and -0.0 stay apart. */
    public static byte[] real(double number) {
        return ByteBuffer.allocate(1 + Double.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(DOUBLE)
                .putDouble(number)
                .array();
    }

    /** A feature that is a moment, in whole seconds since 1970 UTC. */
    public static byte[] second(long second) {
        return tagged(UNIX_TIMESTAMP, second);
    }

    /** An event time, in microseconds since 1970 UTC; a field that is zero is left out. */
    public static byte[] moment(long micros) {
        long seconds = Math.floorDiv(micros, MILLION);
        long nanos = Math.floorMod(micros, MILLION) * 1000L;
        int length = (seconds == 0 ? 0 : 1 + size(seconds)) + (nanos == 0 ? 0 : 1 + size(nanos));
        byte[] bytes = new byte[length];
        int at = 0;
        if (seconds != 0) {
            bytes[at++] = SECONDS;
            at = varint(seconds, bytes, at);
        }
        if (nanos != 0) {
            bytes[at++] = NANOS;
            varint(nanos, bytes, at);
        }
        return bytes;
    }

    private static byte[] tagged(byte tag, long number) {
        byte[] bytes = new byte[1 + size(number)];
        bytes[0] = tag;
        varint(number, bytes, 1);
        return bytes;
    }

    /** Bytes of a varint; a negative number is 64 bits in two's complement. */
    private static int size(long number) {
        return Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(number) + 6) / 7);
    }

    private static int varint(long number, byte[] bytes, int from) {
        int at = from;
        long left = number;
        while ((left & ~0x7FL) != 0) {
            bytes[at++] = (byte) (left | 0x80);
            left >>>= 7;
        }
        bytes[at++] = (byte) left;
        return at;
    }
}
