package shopstream.redis;

import java.io.Serializable;
import org.apache.flink.table.types.logical.RowType;

/** What rows become in Redis. */
public interface Rows extends Serializable {
    /** The script that the calls name by its SHA-1; null without one. */
    String script();

    /** An empty batch for rows of this type. */
    Batch batch(RowType type);
}
