package shopstream.redis;

import java.util.List;
import org.apache.flink.table.data.RowData;

/** Rows on their way to Redis. */
public interface Batch {
    /** Takes a row; keeps nothing of it, for the row may be used again. */
    void add(RowData row);

    /** How many rows it holds, of which later ones have replaced earlier ones. */
    int size();

    /** The calls, in order. Made again, they change nothing more. */
    List<Call> calls();
}
