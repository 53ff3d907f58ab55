package shopstream.redis;

import java.util.List;

/** Where calls are made. */
interface Target extends AutoCloseable {
    /** Makes the calls, all of them or, where it throws, any number. */
    long write(List<Call> calls) throws InterruptedException;

    /** Ends an attempt that has taken too long, from another thread; it is then made again. */
    void expire();

    /** Ends what is under way, also from another thread. */
    @Override
    void close();
}
