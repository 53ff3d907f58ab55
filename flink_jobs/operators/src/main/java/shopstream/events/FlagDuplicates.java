package shopstream.events;

import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * {@code flag_duplicates}: every row passes, with {@code is_duplicate} saying whether its key was seen before.
 * Partition by event id.
 *
 * <p>State: one flag a key, for one hour after its first row arrived (the clock of the machine, not event time: a
 * producer that sends again does so within minutes, whatever time the event bears).
 */
@DataTypeHint("ROW<is_duplicate BOOLEAN>")
public class FlagDuplicates extends ProcessTableFunction<Row> {
    private static final long serialVersionUID = 1L;
    private static final Row FIRST = Row.of(false);
    private static final Row AGAIN = Row.of(true);

    /** Whether the key was seen. */
    public static class Seen {
        public boolean seen;
    }

    public void eval(
            @StateHint(ttl = "1 h") Seen state,
            @ArgumentHint({
                        ArgumentTrait.SET_SEMANTIC_TABLE,
                        ArgumentTrait.PASS_COLUMNS_THROUGH,
                        ArgumentTrait.REQUIRE_ON_TIME
                    })
                    Row input) {
        if (state.seen) {
            collect(AGAIN);
        } else {
            state.seen = true;
            collect(FIRST);
        }
    }
}
