package shopstream.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.apache.flink.table.data.StringData;

/**
 * A text as 128 bits. Up to 15 bytes of UTF-8 are kept as they are, with their length: no two of them are the same.
 * Of a longer one it is 127 bits of MurmurHash3 (x64, 128 bits, seed 0; Austin Appleby, public domain), marked in
 * the highest bit: that two of 10 million such texts are taken for one has a probability below 1e-24. The high half
 * is never 0.
 */
final class Id {
    private static final int MAX_PLAIN = 15;
    private static final long C1 = 0x87c37b91114253d5L;
    private static final long C2 = 0x4cf5ad432745937fL;
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    long high;
    long low;

    void read(StringData text) {
        read(text.toBytes());
    }

    void read(byte[] bytes) {
        if (bytes.length <= MAX_PLAIN) {
            low = tail(bytes, 0, Math.min(8, bytes.length));
            high = tail(bytes, 8, bytes.length) | (bytes.length + 1L) << 56;
        } else {
            murmur(bytes);
            high |= Long.MIN_VALUE;
        }
    }

    /** Sets {@link #low} and {@link #high} to the two halves of MurmurHash3. */
    void murmur(byte[] bytes) {
        long h1 = 0;
        long h2 = 0;
        int blocks = bytes.length & ~15;
        for (int i = 0; i < blocks; i += 16) {
            h1 ^= mix((long) LONGS.get(bytes, i), C1, 31, C2);
            h1 = (Long.rotateLeft(h1, 27) + h2) * 5 + 0x52dce729;
            h2 ^= mix((long) LONGS.get(bytes, i + 8), C2, 33, C1);
            h2 = (Long.rotateLeft(h2, 31) + h1) * 5 + 0x38495ab5;
        }
        h2 ^= mix(tail(bytes, blocks + 8, bytes.length), C2, 33, C1);
        h1 ^= mix(tail(bytes, blocks, Math.min(blocks + 8, bytes.length)), C1, 31, C2);
        h1 ^= bytes.length;
        h2 ^= bytes.length;
        h1 += h2;
        h2 += h1;
        h1 = scramble(h1);
        h2 = scramble(h2);
        low = h1 + h2;
        high = h2 + low;
    }

    /** Murmur's finalizer: every bit of the argument changes every bit of the result with probability one half. */
    static long scramble(long bits) {
        bits = (bits ^ bits >>> 33) * 0xff51afd7ed558ccdL;
        bits = (bits ^ bits >>> 33) * 0xc4ceb9fe1a85ec53L;
        return bits ^ bits >>> 33;
    }

    private static long mix(long bits, long before, int rotation, long after) {
        return Long.rotateLeft(bits * before, rotation) * after;
    }

    /** Up to 8 bytes, the first lowest. */
    private static long tail(byte[] bytes, int from, int to) {
        long bits = 0;
        for (int i = to - 1; i >= from; i--) {
            bits = bits << 8 | bytes[i] & 0xff;
        }
        return bits;
    }
}
