package shopstream.format;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * Reads which products a purchase is of, from the JSON of its {@code properties}: each object in {@code items} with a
 * {@code product_id} (a string of 1 to 200 characters or an integer from 0 to 10^18 - 1), a {@code quantity} above 0
 * (1 where there is none) and a {@code price} of 0 or more (0 where there is none). Another item is bad and is left
 * out. Where no item is left, the purchase's own {@code product_id}, {@code quantity} and {@code price} are read as
 * an item, and its {@code total} stands in for a missing price of all. Items of one product become one.
 */
final class OrderItemReader {
    private static final int MAX_CHARACTERS = 200;
    private static final long MAX_INTEGER = 999_999_999_999_999_999L;

    /** How much of a product was bought, and for how much in all. */
    static final class Amount {
        double quantity;
        double revenue;
    }

    private final PathTree orderPaths = new PathTree();
    private final int items = orderPaths.slot("items");
    private final int total = orderPaths.slot("total");
    private final Fields own = new Fields(orderPaths);
    private final JsonScanner order = new JsonScanner(orderPaths);
    private final PathTree itemPaths = new PathTree();
    private final Fields fields = new Fields(itemPaths);
    private final JsonScanner item = new JsonScanner(itemPaths);
    private final Map<StringData, Amount> products = new LinkedHashMap<>();
    private int good;
    private int bad;

    /** Returns the products in the order in which they come first; the map is used again at the next call. */
    Map<StringData, Amount> read(byte[] properties) {
        products.clear();
        good = 0;
        bad = 0;
        try {
            if (order.scan(properties) != JsonScanner.OBJECT) {
                return products;
            }
            if (order.kind(items) == JsonScanner.ARRAY) {
                bad = item.elements(order, items, this::addItem) - good;
            } else if (order.kind(items) != JsonScanner.ABSENT && order.kind(items) != JsonScanner.NULL) {
                bad = 1;
            }
        } catch (NotJsonException e) {
            bad = 1;
            return products;
        }
        if (products.isEmpty()) {
            add(order, own, number(order, total, 0));
        }
        return products;
    }

    /** How many items of the purchase that was read last were bad. */
    int bad() {
        return bad;
    }

    private void addItem() {
        good += add(item, fields, 0) ? 1 : 0;
    }

    private boolean add(JsonScanner scanner, Fields at, double unpriced) {
        StringData product = product(scanner, at.product);
        double quantity = number(scanner, at.quantity, 1);
        double price = number(scanner, at.price, Double.NaN);
        boolean isPriced = scanner.kind(at.price) != JsonScanner.ABSENT && scanner.kind(at.price) != JsonScanner.NULL;
        boolean isGood = product != null && quantity > 0 && (!isPriced || price >= 0);
        if (isGood) {
            Amount amount = products.computeIfAbsent(product, absent -> new Amount());
            amount.quantity += quantity;
            // A total that is no number, NaN here, fails the comparison too.
            amount.revenue += isPriced ? quantity * price : unpriced > 0 ? unpriced : 0;
        }
        return isGood;
    }

    private static StringData product(JsonScanner scanner, int slot) {
        if (scanner.isString(slot)) {
            StringData text = scanner.string(slot);
            int characters = ((BinaryStringData) text).numChars();
            return characters == 0 || characters > MAX_CHARACTERS ? null : text;
        }
        boolean isId = scanner.kind(slot) == JsonScanner.NUMBER
                && JsonNumber.asLong(scanner.json(), scanner.from(slot), scanner.to(slot), 0, MAX_INTEGER) != null;
        return isId ? scanner.string(slot) : null;
    }

    /** A finite number; {@code absent} for none or null, NaN for anything else. */
    private static double number(JsonScanner scanner, int slot, double absent) {
        return switch (scanner.kind(slot)) {
            case JsonScanner.ABSENT, JsonScanner.NULL -> absent;
            case JsonScanner.NUMBER -> {
                double value = JsonNumber.asDouble(scanner.json(), scanner.from(slot), scanner.to(slot));
                yield Double.isFinite(value) ? value : Double.NaN;
            }
            default -> Double.NaN;
        };
    }

    private static final class Fields {
        private final int product;
        private final int quantity;
        private final int price;

        Fields(PathTree tree) {
            product = tree.slot("product_id");
            quantity = tree.slot("quantity");
            price = tree.slot("price");
        }
    }
}
