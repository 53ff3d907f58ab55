package shopstream.format;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * Reads one column of a valid event; its name is the path of the value. A value whose JSON type does not fit
 * the column gives NULL:
 *
 * <ul>
 *   <li>STRING: a string's text; a number, boolean, object or array as it is written
 *   <li>DOUBLE: a finite number; BIGINT and INT: a number without fraction and exponent that fits; BOOLEAN:
 *       true or false
 *   <li>TIMESTAMP_LTZ: a string that {@link EventTime} reads, cut to the column's precision
 *   <li>ARRAY of ROW: an array; its elements that are objects, each field by these same rules, others are
 *       left out
 * </ul>
 */
@FunctionalInterface
interface Column {
    /** Returns the value in Flink's internal form. */
    Object read(JsonScanner event);

    /** Makes the reader of a column and adds its path to the wanted ones. */
    static Column of(String path, LogicalType type, PathTree wanted) {
        if (path.isEmpty() || List.of(path.split("\\.", -1)).contains("")) {
            throw new ValidationException(
                    "Format 'shop-event': column `" + path + "` is not a path of JSON keys.");
        }
        int slot = wanted.slot(path);
        switch (type.getTypeRoot()) {
            case VARCHAR:
                if (((VarCharType) type).getLength() == VarCharType.MAX_LENGTH) {
                    return event -> string(event, slot);
                }
                break;
            case DOUBLE:
                return event -> number(event, slot);
            case BIGINT:
                return event -> integer(event, slot, Long.MIN_VALUE, Long.MAX_VALUE);
            case INTEGER:
                return event -> {
                    Long value = integer(event, slot, Integer.MIN_VALUE, Integer.MAX_VALUE);
                    return value == null ? null : (Object) value.intValue();
                };
            case BOOLEAN:
                return event -> bool(event, slot);
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                return timestamp(slot, ((LocalZonedTimestampType) type).getPrecision());
            case ARRAY:
                LogicalType element = ((ArrayType) type).getElementType();
                if (element.is(LogicalTypeRoot.ROW)) {
                    return rows(slot, (RowType) element);
                }
                break;
            default:
        }
        throw new ValidationException(
                "Format 'shop-event': column `" + path + "` cannot be " + type.asSummaryString()
                        + "; use STRING, DOUBLE, BIGINT, INT, BOOLEAN, TIMESTAMP_LTZ or ARRAY<ROW<...>>.");
    }

    private static Object string(JsonScanner event, int slot) {
        return switch (event.kind(slot)) {
            case JsonScanner.ABSENT, JsonScanner.NULL -> null;
            default -> event.string(slot);
        };
    }

    private static Object number(JsonScanner event, int slot) {
        if (event.kind(slot) != JsonScanner.NUMBER) {
            return null;
        }
        double value = JsonNumber.asDouble(event.json(), event.from(slot), event.to(slot));
        return Double.isInfinite(value) ? null : value;
    }

    private static Long integer(JsonScanner event, int slot, long min, long max) {
        return event.kind(slot) == JsonScanner.NUMBER
                ? JsonNumber.asLong(event.json(), event.from(slot), event.to(slot), min, max)
                : null;
    }

    private static Object bool(JsonScanner event, int slot) {
        return switch (event.kind(slot)) {
            case JsonScanner.TRUE -> true;
            case JsonScanner.FALSE -> false;
            default -> null;
        };
    }

    private static Column timestamp(int slot, int precision) {
        EventTime time = new EventTime();
        return event -> {
            if (!event.isString(slot)) {
                return null;
            }
            boolean valid;
            if (event.kind(slot) == JsonScanner.STRING) {
                valid = time.read(event.json(), event.from(slot), event.to(slot));
            } else {
                byte[] text = event.decoded(slot);
                valid = time.read(text, 0, text.length);
            }
            return valid ? time.value(precision) : null;
        };
    }

    private static Column rows(int slot, RowType type) {
        PathTree fields = new PathTree();
        List<Column> columns = new ArrayList<>();
        for (RowType.RowField field : type.getFields()) {
            columns.add(of(field.getName(), field.getType(), fields));
        }
        JsonScanner element = new JsonScanner(fields);
        return event -> {
            if (event.kind(slot) != JsonScanner.ARRAY) {
                return null;
            }
            List<Object> rows = new ArrayList<>();
            try {
                element.elements(event, slot, () -> rows.add(row(columns, element)));
            } catch (NotJsonException e) {
                throw new IllegalStateException("an array that was scanned before must be valid", e);
            }
            return new GenericArrayData(rows.toArray());
        };
    }

    private static GenericRowData row(List<Column> columns, JsonScanner element) {
        GenericRowData row = new GenericRowData(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            row.setField(i, columns.get(i).read(element));
        }
        return row;
    }
}
