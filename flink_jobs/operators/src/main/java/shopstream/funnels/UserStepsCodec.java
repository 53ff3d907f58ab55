package shopstream.funnels;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * {@link UserSteps} as bytes: the form it has in Flink's state. Times are differences, and a value that several first
 * steps share is written once.
 *
 * <p>The first byte is the layout's version, then comes the {@link FunnelShape}; a layout or a shape that is not the
 * expected one is refused rather than misread.
 */
final class UserStepsCodec {
    private static final byte LAYOUT = 1;

    private final DataOutputSerializer out = new DataOutputSerializer(512);
    private final DataInputDeserializer in = new DataInputDeserializer();
    private final Map<String, Integer> numbers = new HashMap<>();

    byte[] encode(UserSteps steps) throws IOException {
        out.clear();
        out.writeByte(LAYOUT);
        writeShape(steps.shape);
        writeTouches(steps);
        for (int step = 0; step < steps.size.length; step++) {
            if (step > 0) {
                writeNumber(steps.size[step]);
            }
            long before = 0;
            for (int i = 0; i < steps.size[step]; i++) {
                writeSigned(steps.times[step][i] - before);
                before = steps.times[step][i];
            }
        }
        writeNumber(steps.cappedHours.size());
        for (long hour : steps.cappedHours) {
            writeSigned(hour);
        }
        return out.getCopyOfBuffer();
    }

    /** What was kept; it must have been written for {@code expected}. Null bytes are a user without events. */
    UserSteps decode(byte[] bytes, FunnelShape expected) throws IOException {
        if (bytes == null) {
            return new UserSteps(expected);
        }
        UserSteps steps = decode(bytes);
        if (!steps.shape.equals(expected)) {
            throw new IOException("The kept state is of a funnel with another shape, " + steps.shape + " and not " + expected
                    + ": give the changed funnel another name, so that it starts anew.");
        }
        return steps;
    }

    UserSteps decode(byte[] bytes) throws IOException {
        in.setBuffer(bytes);
        byte layout = in.readByte();
        if (layout != LAYOUT) {
            throw new IOException("Funnel state has layout " + layout + ", but this version reads only " + LAYOUT
                    + ": restore it with the version that wrote it, or give the funnel another name.");
        }
        UserSteps steps = new UserSteps(
                new FunnelShape((int) readNumber(), (int) readNumber(), (int) readNumber(), (int) readNumber()));
        String[][] touches = readTouches(steps.shape.breakdowns());
        for (int step = 0; step < steps.size.length; step++) {
            int size = step == 0 ? touches.length : (int) readNumber();
            long time = 0;
            for (int i = 0; i < size; i++) {
                time += readSigned();
                steps.insert(step, i, time, step == 0 ? touches[i] : null);
            }
        }
        for (long n = readNumber(); n > 0; n--) {
            steps.cappedHours.add(readSigned());
        }
        return steps;
    }

    private void writeShape(FunnelShape shape) throws IOException {
        writeNumber(shape.steps());
        writeNumber(shape.breakdowns());
        writeNumber(shape.conversionSeconds());
        writeNumber(shape.latenessSeconds());
    }

    private void writeTouches(UserSteps steps) throws IOException {
        numbers.clear();
        writeNumber(steps.size[0]);
        for (int i = 0; i < steps.size[0]; i++) {
            for (String value : steps.touches[i]) {
                Integer number = numbers.putIfAbsent(value, numbers.size());
                // A value's first place holds one more than all numbers so far, and the value itself.
                writeNumber(number == null ? numbers.size() - 1 : number);
                if (number == null) {
                    out.writeUTF(value);
                }
            }
        }
    }

    private String[][] readTouches(int breakdowns) throws IOException {
        String[] values = new String[4];
        int known = 0;
        String[][] touches = new String[(int) readNumber()][breakdowns];
        for (String[] touch : touches) {
            for (int i = 0; i < breakdowns; i++) {
                int number = (int) readNumber();
                if (number == known) {
                    if (known == values.length) {
                        values = Arrays.copyOf(values, known * 2);
                    }
                    values[known++] = in.readUTF();
                }
                touch[i] = values[number];
            }
        }
        return touches;
    }

    private void writeSigned(long number) throws IOException {
        writeNumber((number << 1) ^ (number >> 63));
    }

    private long readSigned() throws IOException {
        long number = readNumber();
        return (number >>> 1) ^ -(number & 1);
    }

    /** Seven bits a byte, the lowest first. */
    private void writeNumber(long number) throws IOException {
        long rest = number;
        while ((rest & ~0x7fL) != 0) {
            out.writeByte((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        out.writeByte((int) rest);
    }

    private long readNumber() throws IOException {
        long number = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.readByte();
            number |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return number;
            }
        }
    }
}
