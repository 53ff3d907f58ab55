package shopstream.source;

import java.io.Serializable;
import java.util.Set;

/** Which partitions have been read to their present end. Partitions are written {@code topic-number}. */
public interface PartitionLag extends Serializable {
    boolean isCaughtUp(String partition);

    /** Whether {@code partitions} are known and all are read to their end, but for some that need not be. */
    boolean areCaughtUp(int partitions, Set<String> without);
}
