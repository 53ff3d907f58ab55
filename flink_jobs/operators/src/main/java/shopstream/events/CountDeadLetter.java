package shopstream.events;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * {@code count_dead_letter}: gives the error code back, and counts it in the metric {@code error_code.<code>.deadLetters}.
 * The format counts what it rejects too, but cannot know of {@code future_timestamp}, which SQL decides.
 */
public class CountDeadLetter extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private transient MetricGroup metrics;
    private transient Map<String, Counter> counters;

    @Override
    public void open(FunctionContext context) {
        metrics = context.getMetricGroup();
        counters = new HashMap<>();
    }

    public String eval(String code) {
        counters.computeIfAbsent(code, name -> metrics.addGroup("error_code", name).counter("deadLetters"))
                .inc();
        return code;
    }

    /** Once for each row, whatever the planner thinks of it. */
    @Override
    public boolean isDeterministic() {
        return false;
    }
}
