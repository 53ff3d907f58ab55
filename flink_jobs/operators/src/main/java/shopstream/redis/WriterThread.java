package shopstream.redis;

import java.lang.System.Logger.Level;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.flink.table.data.RowData;

/**
 * Writes the rows that a task gives it, batch after batch, so that the task need not wait for the server. When more wait
 * than fit into one batch, the task waits.
 */
final class WriterThread implements AutoCloseable {
    static final int MOST = 2_000;

    private static final System.Logger LOG = System.getLogger(WriterThread.class.getName());
    private static final long LOOK_MILLIS = 1_000;

    /** Longer than a connection and an answer may take. */
    private static final long CLOSE_MILLIS = 20_000;

    private final Target target;
    private final Supplier<Batch> batches;
    private final long flushNanos;
    private final Consumer<Throwable> onFailure;
    private final Thread thread;
    private Batch pending;
    private long since;
    private boolean isBusy;
    private boolean isUrgent;
    private boolean isClosed;
    private Throwable failure;

    /**
     * @param flushMillis longest time that a row waits for others
     * @param onFailure is told what ended the writing, from the writer's own thread
     */
    WriterThread(
            String name,
            Target target,
            Supplier<Batch> batches,
            long flushMillis,
            Consumer<Throwable> onFailure) {
        this.target = target;
        this.batches = batches;
        this.flushNanos = flushMillis * 1_000_000;
        this.onFailure = onFailure;
        pending = batches.get();
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Takes a row; throws what ended the writing, if anything did. */
    synchronized void add(RowData row) throws InterruptedException {
        while (pending.size() >= MOST && failure == null && !isClosed) {
            wait(LOOK_MILLIS);
            target.expire();
        }
        throwFailure();
        if (pending.size() == 0) {
            since = System.nanoTime();
            notifyAll();
        }
        pending.add(row);
        if (pending.size() >= MOST) {
            notifyAll();
        }
    }

    /** Returns when the server has all rows; throws what ended the writing, if anything did. */
    synchronized void drain() throws InterruptedException {
        isUrgent = true;
        notifyAll();
        try {
            while ((isBusy || pending.size() > 0) && failure == null && !isClosed) {
                wait(LOOK_MILLIS);
                target.expire();
            }
        } finally {
            isUrgent = false;
        }
        throwFailure();
    }

    /** Ends the thread and the connection; what was not written is given up. */
    @Override
    public void close() throws InterruptedException {
        synchronized (this) {
            isClosed = true;
            notifyAll();
        }
        thread.interrupt();
        target.close();
        thread.join(CLOSE_MILLIS);
        if (thread.isAlive()) {
            LOG.log(Level.WARNING, "{0} still runs {1} ms after it was ended", thread.getName(), CLOSE_MILLIS);
        }
    }

    private void throwFailure() {
        if (isClosed) {
            throw new IllegalStateException("The writer was ended.");
        }
        if (failure != null) {
            throw new IllegalStateException("Rows were not written: " + failure.getMessage(), failure);
        }
    }

    private void run() {
        try {
            for (Batch batch = next(); batch != null; batch = next()) {
                target.write(batch.calls());
            }
        } catch (Throwable ended) {
            boolean isExpected;
            synchronized (this) {
                isExpected = isClosed;
                failure = ended;
                notifyAll();
            }
            if (!isExpected) {
                onFailure.accept(ended);
            }
        } finally {
            target.close();
        }
    }

    /** The next batch when it is due; the last one is written by now. Null when there is none any more. */
    private synchronized Batch next() throws InterruptedException {
        isBusy = false;
        notifyAll();
        while (!isClosed) {
            if (pending.size() == 0) {
                wait();
                continue;
            }
            long left = flushNanos - (System.nanoTime() - since);
            if (isUrgent || pending.size() >= MOST || left <= 0) {
                Batch due = pending;
                pending = batches.get();
                isBusy = true;
                notifyAll();
                return due;
            }
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        return null;
    }
}
