package shopstream.lake;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.junit.jupiter.api.Test;

/** Whatever is written in whatever pieces is in the file in the end, in few pieces. */
class BufferedFileTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private int writes;
    private boolean isSynced;
    private boolean isClosed;

    private final FSDataOutputStream file = new FSDataOutputStream() {
        @Override
        public long getPos() {
            return bytes.size();
        }

        @Override
        public void write(int value) {
            writes++;
            bytes.write(value);
        }

        @Override
        public void write(byte[] source, int from, int length) {
            writes++;
            bytes.write(source, from, length);
        }

        @Override
        public void flush() {}

        @Override
        public void sync() {
            isSynced = true;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    };

    @Test
    void randomPiecesAreAllThereInOrder() throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            bytes.reset();
            ByteArrayOutputStream wanted = new ByteArrayOutputStream();
            Random random = new Random(seed);
            try (BufferedFile buffered = new BufferedFile(file)) {
                for (int i = 0; i < 200; i++) {
                    byte[] piece = new byte[random.nextInt(4) == 0 ? random.nextInt(200_000) : random.nextInt(40)];
                    random.nextBytes(piece);
                    if (piece.length > 0 && random.nextBoolean()) {
                        buffered.write(piece[0]);
                        wanted.write(piece[0]);
                    } else {
                        int from = random.nextInt(piece.length + 1);
                        buffered.write(piece, from, piece.length - from);
                        wanted.write(piece, from, piece.length - from);
                    }
                    assertEquals(wanted.size(), buffered.getPos());
                }
            }
            assertArrayEquals(wanted.toByteArray(), bytes.toByteArray());
            assertTrue(isClosed);
        }
    }

    @Test
    void singleBytesGoOutTogether() throws IOException {
        BufferedFile buffered = new BufferedFile(file);
        for (int i = 0; i < 200_000; i++) {
            buffered.write(i);
        }
        assertEquals(12, writes);
        buffered.flush();
        assertEquals(13, writes);
        assertEquals(200_000, bytes.size());
    }

    @Test
    void aSyncComesAfterWhatWasWritten() throws IOException {
        BufferedFile buffered = new BufferedFile(file);
        buffered.write(7);
        buffered.sync();
        assertTrue(isSynced);
        assertEquals(1, bytes.size());
    }

    @Test
    void aFinishedWriterHasPassedAllOn() throws IOException {
        BulkWriter<byte[]> writer = new BufferedWriterFactory<byte[]>(Whole::new).create(file);
        writer.addElement(new byte[] {1, 2});
        assertEquals(0, bytes.size());
        writer.flush();
        assertEquals(2, bytes.size());
        writer.addElement(new byte[] {3});
        writer.finish();
        assertArrayEquals(new byte[] {1, 2, 3, Whole.FOOTER}, bytes.toByteArray());
        assertEquals(false, isClosed);
    }

    /** Writes elements as they are, and a footer. */
    private record Whole(FSDataOutputStream file) implements BulkWriter<byte[]> {
        private static final byte FOOTER = 99;

        @Override
        public void addElement(byte[] element) throws IOException {
            file.write(element);
        }

        @Override
        public void flush() {}

        @Override
        public void finish() throws IOException {
            file.write(FOOTER);
        }
    }
}
