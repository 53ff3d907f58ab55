package shopstream.format;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Hand-made orders; tests/jobs/test_order_items.py tries random ones. */
class OrderItemReaderTest {
    private final OrderItemReader reader = new OrderItemReader();

    private void assertGives(String properties, int bad, Map<String, String> expected) {
        Map<String, String> found = new TreeMap<>();
        reader.read(properties.replace('\'', '"').getBytes(StandardCharsets.UTF_8))
                .forEach((product, amount) -> found.put(product.toString(), amount.quantity + " " + amount.revenue));
        assertEquals(new TreeMap<>(expected), found, properties);
        assertEquals(bad, reader.bad(), properties);
    }

    @Test
    void itemsOfOneProductBecomeOne() {
        assertGives(
                "{'items': [{'product_id': 'a', 'quantity': 2, 'price': 1.5}, {'product_id': 'b', 'price': 4},"
                        + " {'product_id': 'a', 'quantity': 0.5, 'price': 2}]}",
                0,
                Map.of("a", "2.5 4.0", "b", "1.0 4.0"));
    }

    @Test
    void whatIsNotThereHasADefault() {
        assertGives("{'items': [{'product_id': 7, 'quantity': null}]}", 0, Map.of("7", "1.0 0.0"));
    }

    @Test
    void badItemsAreLeftOutAndCounted() {
        assertGives(
                "{'items': [1, null, [], {}, {'product_id': ''}, {'product_id': true}, {'product_id': 1.5},"
                        + " {'product_id': -1}, {'product_id': 'a', 'quantity': 0}, {'product_id': 'a', 'quantity': -1},"
                        + " {'product_id': 'a', 'quantity': '2'}, {'product_id': 'a', 'price': -0.01},"
                        + " {'product_id': 'a', 'price': 1e999}, {'product_id': '" + "x".repeat(201) + "'},"
                        + " {'product_id': 'good', 'quantity': 3, 'price': 2}]}",
                14,
                Map.of("good", "3.0 6.0"));
    }

    @Test
    void aPurchaseWithoutItemsIsOfItsOwnProduct() {
        assertGives("{'product_id': 'p', 'quantity': 2, 'price': 3, 'total': 7}", 0, Map.of("p", "2.0 6.0"));
        assertGives("{'items': [], 'product_id': 'p', 'total': 7}", 0, Map.of("p", "1.0 7.0"));
        assertGives("{'items': {'product_id': 'a'}, 'product_id': 'p', 'total': 7}", 1, Map.of("p", "1.0 7.0"));
        assertGives("{'items': [{'product_id': 'a', 'price': 1}], 'product_id': 'p'}", 0, Map.of("a", "1.0 1.0"));
        assertGives("{'product_id': 'p', 'quantity': -2, 'price': 3}", 0, Map.of());
        assertGives("{'product_id': 'p', 'total': '7'}", 0, Map.of("p", "1.0 0.0"));
        assertGives("{'total': 7}", 0, Map.of());
    }

    @Test
    void whatIsNoOrderHasNoProducts() {
        assertGives("[]", 0, Map.of());
        assertGives("{'items': [{'product_id': 'a'}", 1, Map.of());
        assertGives("{}", 0, Map.of());
    }
}
