package shopstream.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CombineEventsTest {
    private static final WindowSpec SPEC = new WindowSpec("test", 60_000, 60_000, 600_000, 250);

    private OneInputStreamOperatorTestHarness<RowData, RowData> harness;

    @BeforeEach
    void open() throws Exception {
        harness = new OneInputStreamOperatorTestHarness<>(new CombineEvents(SPEC));
        harness.setup(WindowMetrics.PARTIAL_TYPE.toSerializer());
        harness.open();
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @Test
    void whatIsHeldGoesBeforeTheWatermark() throws Exception {
        add(event("a", 1, "x"), event("a", 2, "x"), event("b", 3, "x"));
        assertEquals(0, harness.getOutput().size());
        harness.processWatermark(new Watermark(3));
        assertEquals(3, harness.getOutput().size());
        assertEquals(new Watermark(3), harness.getOutput().toArray()[2]);
    }

    @Test
    void whatIsHeldGoesBeforeACheckpointAndAtTheEnd() throws Exception {
        add(event("a", 1, "x"));
        harness.prepareSnapshotPreBarrier(1);
        assertEquals(1, harness.getOutput().size());
        add(event("a", 1, "x"));
        harness.endInput();
        harness.getOneInputOperator().finish();
        assertEquals(2, harness.getOutput().size());
    }

    @Test
    void nothingIsHeldLong() throws Exception {
        harness.setProcessingTime(1_000);
        for (long round = 1; round < 4; round++) {
            add(event("a", 1, "x"));
            harness.setProcessingTime(round * 1_000 + 99);
            assertEquals(round - 1, harness.getOutput().size());
            harness.setProcessingTime(round * 1_000 + 100);
            assertEquals(round, harness.getOutput().size());
            harness.setProcessingTime((round + 1) * 1_000);
        }
    }

    @Test
    void nothingIsHeldForMuchMemory() throws Exception {
        for (int number = 0; number < 40_000; number++) {
            add(event("a", 1, "x" + number));
        }
        assertEquals(2, harness.getOutput().size());
    }

    @Test
    void amountsAreClampedAndNullsAreNothing() throws Exception {
        add(
                new Recount.Event("a", 1, 1e9, null, null),
                new Recount.Event("a", 1, 7e300, null, null),
                new Recount.Event("a", 1, 0.000_000_4, null, null),
                new Recount.Event("a", 1, -0.25, null, null),
                new Recount.Event("a", 1, null, null, null));
        harness.processWatermark(new Watermark(1));
        assertEquals(
                List.of(60_000L, 5L, 0L, BigInteger.valueOf(2_000_000_000_000_000L - 250_000), ""),
                windows().finals.get(new Recount.Window("a", 0)));
    }

    /** A billion a time for ever: neither the sum here nor that of the windows overflows. */
    @Test
    void sumsDoNotOverflow() throws Exception {
        for (int number = 0; number < 100_000; number++) {
            add(new Recount.Event("a", 1, 1e9 - 0.000_001, null, null));
        }
        harness.endInput();
        harness.getOneInputOperator().finish();
        try (WindowHarness windows = new WindowHarness(SPEC)) {
            windows.add(output().get(0));
            windows.snapshot(1);
            assertEquals("99999999999999.900000", windows.live.get(0).getDecimal(5, 38, 6).toString());
        }
    }

    @Test
    void theMemoryOfAnEventMayBeUsedAgain() throws Exception {
        byte[] memory = "key-and-word".getBytes(StandardCharsets.UTF_8);
        MemorySegment[] segments = {MemorySegmentFactory.wrap(memory)};
        RowData row = GenericRowData.of(
                BinaryStringData.fromAddress(segments, 0, 3),
                TimestampData.fromEpochMillis(1),
                null,
                null,
                BinaryStringData.fromAddress(segments, 8, 4));
        harness.processElement(new StreamRecord<>(row));
        Arrays.fill(memory, (byte) 'x');
        harness.processElement(new StreamRecord<>(row));
        harness.processWatermark(new Watermark(1));
        assertEquals(
                Map.of(
                        new Recount.Window("key", 0), List.of(60_000L, 1L, 0L, BigInteger.ZERO, "word"),
                        new Recount.Window("xxx", 0), List.of(60_000L, 1L, 0L, BigInteger.ZERO, "xxxx")),
                windows().finals);
    }

    @Test
    void theSumsAreThoseOfTheEvents() throws Exception {
        Random random = new Random(3);
        Recount recount = new Recount(SPEC);
        for (int number = 0; number < 3_000; number++) {
            Recount.Event event = Recount.event(random, random.nextInt(5_000_000) - 2_000_000, 60);
            recount.events.add(event);
            add(event);
            if (random.nextInt(300) == 0) {
                harness.prepareSnapshotPreBarrier(number);
            }
        }
        harness.endInput();
        harness.getOneInputOperator().finish();
        assertEquals(recount.windows(), new TreeMap<>(windows().finals));
    }

    private static Recount.Event event(String key, long time, String id) {
        return new Recount.Event(key, time, null, id, null);
    }

    private void add(Recount.Event... events) throws Exception {
        for (Recount.Event event : events) {
            harness.processElement(new StreamRecord<>(event.row()));
        }
    }

    private List<RowData> output() {
        List<RowData> partials = new ArrayList<>();
        for (Object each : harness.getOutput()) {
            if (each instanceof StreamRecord<?> partial) {
                partials.add((RowData) partial.getValue());
            }
        }
        return partials;
    }

    private WindowHarness windows() throws Exception {
        try (WindowHarness windows = new WindowHarness(SPEC)) {
            for (RowData partial : output()) {
                windows.add(partial);
            }
            windows.watermark(Long.MAX_VALUE);
            return windows;
        }
    }
}
