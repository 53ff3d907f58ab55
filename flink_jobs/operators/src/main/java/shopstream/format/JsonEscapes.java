package shopstream.format;

import java.util.Arrays;

/** Escape sequences in JSON strings. */
final class JsonEscapes {
    private static final String NAMES = "\"\\/bfnrt";
    private static final String CHARACTERS = "\"\\/\b\f\n\r\t";
    private static final int REPLACEMENT = 0xfffd;

    private JsonEscapes() {}

    /** Returns the length of the escape sequence whose backslash is at {@code p}, or 0 if it is not one. */
    static int length(byte[] json, int p) {
        if (json[p + 1] != 'u') {
            return NAMES.indexOf(json[p + 1]) >= 0 ? 2 : 0;
        }
        return unit(json, p) >= 0 ? 6 : 0;
    }

    /**
     * Decodes the inside of a valid string to UTF-8. Half a surrogate pair, which a browser sends when a
     * script has cut a text inside an emoji, becomes U+FFFD: the event is worth more than the half character.
     */
    static byte[] decode(byte[] json, int from, int to) {
        byte[] out = new byte[to - from];
        int size = 0;
        int p = from;
        while (p < to) {
            if (json[p] != '\\') {
                out[size++] = json[p++];
            } else if (json[p + 1] != 'u') {
                out[size++] = (byte) CHARACTERS.charAt(NAMES.indexOf(json[p + 1]));
                p += 2;
            } else {
                int character = unit(json, p);
                p += 6;
                if (Character.isSurrogate((char) character)) {
                    int second = p + 6 <= to && json[p] == '\\' && json[p + 1] == 'u' ? unit(json, p) : 0;
                    if (Character.isSurrogatePair((char) character, (char) second)) {
                        character = Character.toCodePoint((char) character, (char) second);
                        p += 6;
                    } else {
                        character = REPLACEMENT;
                    }
                }
                size = Utf8.encode(character, out, size);
            }
        }
        return Arrays.copyOf(out, size);
    }

    private static int unit(byte[] json, int p) {
        int unit = 0;
        for (int i = p + 2; i < p + 6; i++) {
            // Character.digit takes other scripts' digits, which a single byte cannot be.
            int digit = json[i] < 0 ? -1 : Character.digit(json[i], 16);
            if (digit < 0) {
                return -1;
            }
            unit = unit << 4 | digit;
        }
        return unit;
    }
}
