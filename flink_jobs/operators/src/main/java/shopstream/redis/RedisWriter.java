package shopstream.redis;

import java.time.Duration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Writes rows to Redis in batches and gives none on. A checkpoint passes when the server has all rows before it. While
 * the server is away the job waits, then fails and starts again from the checkpoint, as often as it takes: no row is
 * lost. It has no state.
 */
public final class RedisWriter extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, BoundedOneInput {
    private static final long serialVersionUID = 1L;
    private static final DataType NOTHING =
            DataTypes.ROW(DataTypes.FIELD("written", DataTypes.BIGINT())).notNull();

    private final String address;
    private final Rows rows;
    private final RowType type;
    private final long flushMillis;
    private final Duration patience;
    private transient WriterThread writer;

    RedisWriter(String address, Rows rows, RowType type, long flushMillis, Duration patience) {
        this.address = address;
        this.rows = rows;
        this.type = type;
        this.flushMillis = flushMillis;
        this.patience = patience;
    }

    /**
     * Writes the rows of a view; called from Python.
     *
     * @param written name of the view to insert from, so that the job has the writer; it has a column {@code written}
     *     and never a row
     * @param uid the operator's uid and name
     * @param address {@code host:port} of the server
     * @param flushMillis longest time that a row waits for others
     * @param patienceMillis how long a server that is away is waited for before the job fails
     */
    public static void attach(
            StreamTableEnvironment tables,
            String view,
            String written,
            String uid,
            String address,
            Rows rows,
            long flushMillis,
            long patienceMillis) {
        Table query = tables.from(view);
        DataType row = query.getResolvedSchema().toPhysicalRowDataType().notNull();
        DataStream<RowData> stream = tables.toDataStream(query, row.bridgedTo(RowData.class));
        RowType type = (RowType) row.getLogicalType();
        // Columns that the batch cannot take are found now, not when the job runs.
        rows.batch(type);
        RedisWriter writer = new RedisWriter(address, rows, type, flushMillis, Duration.ofMillis(patienceMillis));
        DataStream<RowData> nothing = stream.transform(uid, InternalTypeInfo.of(NOTHING.getLogicalType()), writer)
                .uid(uid);
        tables.createTemporaryView(
                written, nothing, Schema.newBuilder().fromRowDataType(NOTHING).build());
    }

    @Override
    public void open() throws Exception {
        super.open();
        PatientRedis redis = new PatientRedis(address, rows.script(), patience);
        writer = new WriterThread(
                getOperatorName(),
                redis,
                () -> rows.batch(type),
                flushMillis,
                getContainingTask().getEnvironment()::failExternally);
        writer.start();
    }

    @Override
    public void processElement(StreamRecord<RowData> element) throws Exception {
        writer.add(element.getValue());
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
        writer.drain();
    }

    @Override
    public void endInput() throws Exception {
        writer.drain();
    }

    @Override
    public void close() throws Exception {
        try {
            if (writer != null) {
                writer.close();
            }
        } catch (InterruptedException cancelled) {
            // Flink takes what fails in a task's clean-up for fatal, and ends the TaskManager.
            Thread.currentThread().interrupt();
        } finally {
            super.close();
        }
    }
}
