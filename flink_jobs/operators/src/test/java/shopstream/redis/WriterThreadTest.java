package shopstream.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Protocol;

@Timeout(30)
class WriterThreadTest {
    private static final long NEVER = 3_600_000;

    private final BlockingQueue<Integer> written = new LinkedBlockingQueue<>();
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private final CountDownLatch open = new CountDownLatch(1);
    private final AtomicInteger looks = new AtomicInteger();
    private volatile RuntimeException refusal;
    private WriterThread writer;

    private final Target target = new Target() {
        @Override
        public long write(List<Call> calls) throws InterruptedException {
            open.await();
            if (refusal != null) {
                throw refusal;
            }
            written.add(calls.size());
            return 0;
        }

        @Override
        public void expire() {
            looks.incrementAndGet();
        }

        @Override
        public void close() {}
    };

    private void start(long flushMillis) {
        writer = new WriterThread("test", target, Rows::new, flushMillis, failure::complete);
        writer.start();
    }

    @AfterEach
    void end() throws Exception {
        writer.close();
    }

    private void add(int rows) throws InterruptedException {
        for (int row = 0; row < rows; row++) {
            writer.add(GenericRowData.of(row));
        }
    }

    @Test
    void rowsGoOutWithoutAnotherOneWhenTheirTimeIsOver() throws Exception {
        open.countDown();
        start(20);
        add(3);
        int seen = 0;
        while (seen < 3) {
            seen += written.take();
        }
        assertEquals(3, seen);
    }

    @Test
    void rowsWaitForOthersUntilAllAreAskedFor() throws Exception {
        open.countDown();
        start(NEVER);
        add(5);
        assertTrue(written.isEmpty());
        writer.drain();
        assertEquals(List.of(5), new ArrayList<>(written));
        writer.drain();
        assertEquals(1, written.size(), "there was nothing more to write");
    }

    @Test
    void aFullBatchWaitsForNothing() throws Exception {
        open.countDown();
        start(NEVER);
        add(WriterThread.MOST);
        assertEquals(WriterThread.MOST, written.take());
    }

    @Test
    void theTaskWaitsWhenTheServerDoesNotKeepUp() throws Exception {
        start(NEVER);
        // One batch under way, one that waits.
        add(2 * WriterThread.MOST);
        CompletableFuture<Void> more = CompletableFuture.runAsync(() -> {
            try {
                add(1);
            } catch (InterruptedException ended) {
                throw new IllegalStateException(ended);
            }
        });
        assertThrows(java.util.concurrent.TimeoutException.class, () -> more.get(200, TimeUnit.MILLISECONDS));
        open.countDown();
        more.get();
        writer.drain();
        assertEquals(List.of(WriterThread.MOST, WriterThread.MOST, 1), new ArrayList<>(written));
    }

    @Test
    void aRefusalIsToldAtOnceAndStopsTheTask() throws Exception {
        refusal = new IllegalStateException("WRONGTYPE");
        open.countDown();
        start(1);
        add(1);
        assertSame(refusal, failure.get());
        IllegalStateException atCheckpoint = assertThrows(IllegalStateException.class, () -> writer.drain());
        assertSame(refusal, atCheckpoint.getCause());
        assertThrows(IllegalStateException.class, () -> add(1));
    }

    @Test
    void whoWaitsLooksWhetherTheServerHangs() throws Exception {
        start(1);
        add(1);
        CompletableFuture<Void> checkpoint = CompletableFuture.runAsync(() -> {
            try {
                writer.drain();
            } catch (InterruptedException ended) {
                throw new IllegalStateException(ended);
            }
        });
        while (looks.get() < 2) {
            Thread.onSpinWait();
        }
        assertFalse(checkpoint.isDone());
        open.countDown();
        checkpoint.get();
    }

    @Test
    void whoEndsItIsNotToldOfAFailure() throws Exception {
        start(1);
        add(1);
        writer.close();
        open.countDown();
        assertThrows(IllegalStateException.class, () -> writer.drain(), "the row was given up");
        assertFalse(failure.isDone());
        assertTrue(written.isEmpty());
    }

    /** A call for each row. */
    private static final class Rows implements Batch {
        private final List<Call> calls = new ArrayList<>();

        @Override
        public void add(RowData row) {
            calls.add(new Call(Protocol.Command.PING));
        }

        @Override
        public int size() {
            return calls.size();
        }

        @Override
        public List<Call> calls() {
            return calls;
        }
    }
}
