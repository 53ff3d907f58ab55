package shopstream.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.apache.flink.table.data.StringData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdTest {
    private final Id id = new Id();

    /** The values are those of the reference implementation, from the Python package mmh3. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "\"\"|0|0",
                "a|85555565f6597889|e6b53a48510e895a",
                "hello|cbd8a7b341bd9b02|5b1e906a48ae1d19",
                "sixteen bytes !!|6529e6ec860fdd5|e077450ee71aaa53",
                "seventeen bytes !|e22968d8dad416ce|d12cf40c968fc358",
                "Zażółć gęślą jaźń, 0123456789|9f88ada463526728|5d55994b460431b1"
            })
    void murmur(String text, String low, String high) {
        id.murmur(text.getBytes(StandardCharsets.UTF_8));
        assertEquals(Long.parseUnsignedLong(low, 16), id.low);
        assertEquals(Long.parseUnsignedLong(high, 16), id.high);
    }

    @Test
    void shortTextsAreKeptAsTheyAre() {
        Set<String> seen = new HashSet<>();
        String[] texts = {"", "\0", "\0\0", "a", "a\0", "é", "user_1", "123456789012345", "12345678", "123456789"};
        for (String text : texts) {
            id.read(StringData.fromString(text));
            assertTrue(id.high > 0, text);
            seen.add(id.high + "," + id.low);
        }
        assertEquals(texts.length, seen.size());
        id.read(StringData.fromString("abcdefghijklmno"));
        assertEquals(0x6867666564636261L, id.low);
        assertEquals(0x106f6e6d6c6b6a69L, id.high);
    }

    @Test
    void longTextsAreHashedAndMarked() {
        id.read(StringData.fromString("The quick brown fox jumps over the lazy dog"));
        assertEquals(0xe34bbc7bbc071b6cL, id.low);
        assertEquals(0x7a433ca9c49a9347L | Long.MIN_VALUE, id.high);
        id.read(StringData.fromString("1234567890123456"));
        assertTrue(id.high < 0);
    }
}
