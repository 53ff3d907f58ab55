package shopstream.features;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * 128 bits that stand for a text: MurmurHash3, x64 variant, seed 0 (Austin Appleby, public domain). Of a thousand
 * texts two share one with a probability below 10^-32, so that counting them is counting the texts.
 */
final class Fingerprint {
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long C1 = 0x87c37b91114253d5L;
    private static final long C2 = 0x4cf5ad432745937fL;
    private static final int BLOCK = 16;

    long high;
    long low;

    void of(byte[] text) {
        long h1 = 0;
        long h2 = 0;
        int end = text.length - text.length % BLOCK;
        for (int i = 0; i < end; i += BLOCK) {
            h1 ^= first((long) LONGS.get(text, i));
            h1 = (Long.rotateLeft(h1, 27) + h2) * 5 + 0x52dce729;
            h2 ^= second((long) LONGS.get(text, i + 8));
            h2 = (Long.rotateLeft(h2, 31) + h1) * 5 + 0x38495ab5;
        }
        h2 ^= second(tail(text, end + 8));
        h1 ^= first(tail(text, end));
        h1 ^= text.length;
        h2 ^= text.length;
        h1 += h2;
        h2 += h1;
        h1 = mixed(h1);
        h2 = mixed(h2);
        h1 += h2;
        high = h1;
        low = h2 + h1;
    }

    /** Up to eight bytes from an offset on, zeros where the text has ended. */
    private static long tail(byte[] text, int from) {
        long word = 0;
        for (int i = Math.min(text.length, from + 8) - 1; i >= from; i--) {
            word = word << 8 | text[i] & 0xff;
        }
        return word;
    }

    private static long first(long word) {
        return Long.rotateLeft(word * C1, 31) * C2;
    }

    private static long second(long word) {
        return Long.rotateLeft(word * C2, 33) * C1;
    }

    private static long mixed(long hash) {
        long h = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
        h = (h ^ h >>> 33) * 0xc4ceb9fe1a85ec53L;
        return h ^ h >>> 33;
    }
}
