package shopstream.lake;

import java.io.IOException;
import org.apache.flink.core.fs.FSDataOutputStream;

/** A file that gets its bytes in pieces of 16 KiB; larger ones at once. Its position counts those that are still here. */
final class BufferedFile extends FSDataOutputStream {
    private final FSDataOutputStream file;
    private final byte[] buffer = new byte[16 * 1024];
    private int held;

    BufferedFile(FSDataOutputStream file) {
        this.file = file;
    }

    @Override
    public long getPos() throws IOException {
        return file.getPos() + held;
    }

    @Override
    public void write(int value) throws IOException {
        if (held == buffer.length) {
            pass();
        }
        buffer[held++] = (byte) value;
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        if (length > buffer.length - held) {
            pass();
        }
        if (length >= buffer.length) {
            file.write(bytes, from, length);
        } else {
            System.arraycopy(bytes, from, buffer, held, length);
            held += length;
        }
    }

    @Override
    public void flush() throws IOException {
        pass();
        file.flush();
    }

    @Override
    public void sync() throws IOException {
        pass();
        file.sync();
    }

    @Override
    public void close() throws IOException {
        try (file) {
            pass();
        }
    }

    private void pass() throws IOException {
        if (held > 0) {
            file.write(buffer, 0, held);
            held = 0;
        }
    }
}
