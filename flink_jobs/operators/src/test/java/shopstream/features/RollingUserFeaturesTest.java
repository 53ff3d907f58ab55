package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.table.api.dataview.ListView;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction.Context;
import org.apache.flink.table.functions.ProcessTableFunction.TimeContext;
import org.junit.jupiter.api.Test;

/** When the rows of a busy user come, as a stream that began in a backlog becomes live. */
class RollingUserFeaturesTest {
    private static final long START = 1_800_000_000_000L;

    private final List<RowData> rows = new ArrayList<>();
    private final RollingState state = new RollingState();
    private final ListView<byte[]> pending = new ListView<>();
    private Long watermark;

    private Context context() {
        Object time = Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {TimeContext.class},
                (proxy, method, arguments) -> method.getName().equals("currentWatermark") ? watermark : null);
        return (Context) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Context.class}, (proxy, method, arguments) -> time);
    }

    private static RowData event(long millis, boolean inBacklog) {
        TimestampData time = TimestampData.fromEpochMillis(millis);
        StringData text = StringData.fromString("s");
        return GenericRowData.of(
                StringData.fromString("ann"), time, time, text, text, false, false, false, null, null, inBacklog);
    }

    @Test
    void liveEventsOfABusyUserGiveTheirRowsAtOnce() throws Exception {
        RollingUserFeatures function = new RollingUserFeatures();
        function.open(new FunctionContext(null));
        function.setCollector(new ListCollector<>(rows));
        function.eval(context(), state, pending, event(START + 2_000, true));
        function.eval(context(), state, pending, event(START + 1_000, true));
        assertEquals(0, rows.size(), "there is no watermark yet");
        watermark = START;
        for (int second = 3; second < 10; second++) {
            // The watermark stays behind each of them.
            watermark = START + second * 1_000 - 5_000;
            function.eval(context(), state, pending, event(START + second * 1_000, false));
            assertEquals(second, rows.size());
            assertEquals(second, rows.get(second - 1).getLong(2), "events of the day");
        }
        assertEquals(
                List.of(START + 1_000, START + 2_000, START + 3_000),
                rows.subList(0, 3).stream().map(row -> row.getTimestamp(0, 6).getMillisecond()).toList(),
                "those that waited come by time");
    }
}
