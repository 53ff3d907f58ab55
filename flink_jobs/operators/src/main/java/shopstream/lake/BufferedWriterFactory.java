package shopstream.lake;

import java.io.IOException;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.core.fs.FSDataOutputStream;

/** Puts a buffer between the writers of another factory and their files; a finished file is in the file whole. */
final class BufferedWriterFactory<T> implements BulkWriter.Factory<T> {
    private static final long serialVersionUID = 1L;

    private final BulkWriter.Factory<T> writers;

    BufferedWriterFactory(BulkWriter.Factory<T> writers) {
        this.writers = writers;
    }

    @Override
    public BulkWriter<T> create(FSDataOutputStream file) throws IOException {
        FSDataOutputStream buffered = new BufferedFile(file);
        BulkWriter<T> writer = writers.create(buffered);
        return new BulkWriter<>() {
            @Override
            public void addElement(T element) throws IOException {
                writer.addElement(element);
            }

            @Override
            public void flush() throws IOException {
                writer.flush();
                buffered.flush();
            }

            @Override
            public void finish() throws IOException {
                writer.finish();
                buffered.flush();
            }
        };
    }
}
