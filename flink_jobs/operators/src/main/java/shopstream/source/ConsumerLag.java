package shopstream.source;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.metrics.MetricsReporter;

/**
 * How far a table's Kafka consumer is behind the end of each partition, by the client's own metric. The client
 * reads one partition after another, so a partition without an event may only be waiting for its turn.
 *
 * <p>Kafka makes it, for it is named in {@code metric.reporters}; {@link #TABLE} says whose consumer it belongs to.
 */
public final class ConsumerLag implements MetricsReporter {
    static final String TABLE = "shopstream.table";
    private static final String LAG = "records-lag";
    private static final Map<String, ConsumerLag> BY_TABLE = new ConcurrentHashMap<>();

    private final Map<String, KafkaMetric> lags = new ConcurrentHashMap<>();
    private String table;

    /** Partitions as {@code topic-number}. A partition is unknown until the first answer for it. */
    public static PartitionLag of(String table) {
        return new PartitionLag() {
            private static final long serialVersionUID = 1L;

            @Override
            public boolean isCaughtUp(String partition) {
                ConsumerLag consumer = BY_TABLE.get(table);
                return consumer != null && isZero(consumer.lags.get(partition));
            }

            @Override
            public boolean areCaughtUp(int partitions, Set<String> without) {
                ConsumerLag consumer = BY_TABLE.get(table);
                return consumer != null
                        && consumer.lags.size() >= partitions
                        && consumer.lags.entrySet().stream()
                                .allMatch(entry -> without.contains(entry.getKey()) || isZero(entry.getValue()));
            }
        };
    }

    private static boolean isZero(KafkaMetric lag) {
        return lag != null && lag.metricValue() instanceof Double && (Double) lag.metricValue() == 0.0;
    }

    @Override
    public void configure(Map<String, ?> properties) {
        table = (String) properties.get(TABLE);
    }

    @Override
    public void init(List<KafkaMetric> metrics) {
        metrics.forEach(this::metricChange);
    }

    @Override
    public void metricChange(KafkaMetric metric) {
        if (metric.metricName().name().equals(LAG)) {
            lags.put(partition(metric), metric);
            // Not before there is a lag: Flink's other clients of Kafka have the same properties.
            BY_TABLE.put(table, this);
        }
    }

    @Override
    public void metricRemoval(KafkaMetric metric) {
        if (metric.metricName().name().equals(LAG)) {
            lags.remove(partition(metric));
        }
    }

    @Override
    public void close() {
        BY_TABLE.remove(table, this);
    }

    private static String partition(KafkaMetric metric) {
        Map<String, String> tags = metric.metricName().tags();
        return tags.get("topic") + '-' + tags.get("partition");
    }
}
