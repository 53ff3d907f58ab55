package shopstream.anomalies;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RuleTest {
    @Test
    void whatARuleLeavesOpenComesFromTheMoreGeneralOne() throws IOException {
        Rule.Book book = new Rule.Book(1_000, 100, 5, 24);
        assertEquals(new Rule(true, 5.0, 24, 0), book.of(Signal.DROP, "purchase"));
        book.put("unusual/*", Rule.parse("{\"is_on\": true, \"limit\": 6.5, \"min_history\": null, \"version\": 7}"));
        book.put("unusual/click", Rule.parse("{\"is_on\": true, \"min_history\": 48, \"version\": 8, \"more\": [1]}"));
        book.put("unusual/search", Rule.parse("{\"is_on\": false, \"version\": 9}"));
        for (Signal signal : new Signal[] {Signal.SPIKE, Signal.DROP}) {
            assertEquals(new Rule(true, 6.5, 24, 7), book.of(signal, "purchase"));
            assertEquals(new Rule(true, 6.5, 48, 8), book.of(signal, "click"));
            assertEquals(new Rule(false, 6.5, 24, 9), book.of(signal, "search"));
        }
        assertEquals(new Rule(true, 1_000.0, null, 0), book.of(Signal.COUNT, "click"));
        assertEquals(new Rule(true, 100.0, null, 0), book.of(Signal.INTENSITY, "click"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "7",
                "{",
                "{\"limit\": 5, \"version\": 1}",
                "{\"is_on\": \"yes\", \"version\": 1}",
                "{\"is_on\": true}",
                "{\"is_on\": true, \"version\": 1.5}",
                "{\"is_on\": true, \"limit\": 0, \"version\": 1}",
                "{\"is_on\": true, \"limit\": -1, \"version\": 1}",
                "{\"is_on\": true, \"limit\": \"5\", \"version\": 1}",
                "{\"is_on\": true, \"limit\": 1e300, \"version\": 1}",
                "{\"is_on\": true, \"min_history\": 9, \"version\": 1}",
                "{\"is_on\": true, \"min_history\": 71, \"version\": 1}",
                "{\"is_on\": true, \"min_history\": 20.5, \"version\": 1}",
            })
    void whatIsNoRuleIsRefused(String json) {
        assertThrows(IOException.class, () -> Rule.parse(json));
    }

    @Test
    void keysAreAKindAndAnEventType() {
        Rule.Book book = new Rule.Book(1_000, 100, 5, 24);
        assertTrue(book.knows("count_threshold/*"));
        assertTrue(book.knows("unusual/a/b"));
        for (String key : new String[] {null, "", "unusual", "unusual/", "/click", "strange/click"}) {
            assertFalse(book.knows(key));
        }
    }
}
