package shopstream.format;

/** Strict UTF-8 (RFC 3629): no overlong form, no surrogate, nothing past U+10FFFF. */
final class Utf8 {
    private Utf8() {}

    /**
     * Returns where the character after the non-ASCII one at {@code p} starts, or -1 if its bytes are
     * invalid.
     */
    static int next(byte[] bytes, int p) {
        int lead = bytes[p] & 0xff;
        int length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (lead < 0xc2 || lead > 0xf4) {
            return -1;
        }
        // The second byte alone decides overlong forms, surrogates and the upper limit.
        int second = bytes[p + 1] & 0xff;
        int low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        int high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (second < low || second > high) {
            return -1;
        }
        for (int i = p + 2; i < p + length; i++) {
            if ((bytes[i] & 0xc0) != 0x80) {
                return -1;
            }
        }
        return p + length;
    }

    /** Counts the characters (code points) of valid UTF-8. */
    static int characters(byte[] bytes, int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            if ((bytes[i] & 0xc0) != 0x80) {
                count++;
            }
        }
        return count;
    }

    /** Writes one code point and returns the offset after it. */
    static int encode(int character, byte[] to, int p) {
        if (character < 0x80) {
            to[p] = (byte) character;
            return p + 1;
        }
        if (character < 0x800) {
            to[p] = (byte) (0xc0 | character >> 6);
            to[p + 1] = (byte) (0x80 | character & 0x3f);
            return p + 2;
        }
        if (character < 0x10000) {
            to[p] = (byte) (0xe0 | character >> 12);
            to[p + 1] = (byte) (0x80 | character >> 6 & 0x3f);
            to[p + 2] = (byte) (0x80 | character & 0x3f);
            return p + 3;
        }
        to[p] = (byte) (0xf0 | character >> 18);
        to[p + 1] = (byte) (0x80 | character >> 12 & 0x3f);
        to[p + 2] = (byte) (0x80 | character >> 6 & 0x3f);
        to[p + 3] = (byte) (0x80 | character & 0x3f);
        return p + 4;
    }
}
