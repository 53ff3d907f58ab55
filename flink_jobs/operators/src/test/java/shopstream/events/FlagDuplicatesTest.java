package shopstream.events;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is a duplicate, and that each event is in the right counts. */
class FlagDuplicatesTest {
    private final FlagDuplicates function = new FlagDuplicates();
    private final Map<String, FlagDuplicates.Seen> states = new HashMap<>();
    private final List<Boolean> flags = new ArrayList<>();

    @BeforeEach
    void open() {
        function.open(new FunctionContext(null));
        function.setCollector(
                new Collector<>() {
                    @Override
                    public void collect(Row row) {
                        flags.add(row.getFieldAs(0));
                    }

                    @Override
                    public void close() {}
                });
    }

    @Test
    void theFirstOfAnIdIsNone() {
        add("a", false);
        add("b", false);
        add("a", false);
        add("a", false);
        add("b", false);
        assertEquals(List.of(false, false, true, true, true), flags);
        assertCounts(0, 3, 2);
    }

    @Test
    void anEventCanBeBothLateAndADuplicate() {
        add("a", true);
        add("a", true);
        add("a", false);
        add("b", false);
        assertEquals(List.of(false, true, true, false), flags);
        assertCounts(2, 2, 1);
    }

    private void add(String id, boolean isLate) {
        Row row = Row.withNames();
        row.setField("event_id", id);
        row.setField("is_late", isLate);
        function.eval(states.computeIfAbsent(id, unused -> new FlagDuplicates.Seen()), row);
    }

    private void assertCounts(long late, long duplicate, long counted) {
        assertEquals(late, function.late.getCount(), "late");
        assertEquals(duplicate, function.duplicate.getCount(), "duplicate");
        assertEquals(counted, function.counted.getCount(), "counted");
    }
}
