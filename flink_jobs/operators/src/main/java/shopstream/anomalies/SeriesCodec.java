package shopstream.anomalies;

import java.io.IOException;
import java.util.Map;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** {@link Series} as bytes: the form it has in Flink's state. A layout that is not the expected one is refused. */
final class SeriesCodec {
    private static final byte LAYOUT = 2;

    private SeriesCodec() {}

    static byte[] encode(Series series) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(512);
        out.writeByte(LAYOUT);
        out.writeLong(series.first);
        out.writeLong(series.newest);
        out.writeLong(series.ruleChanges);
        out.writeInt(series.open);
        out.writeInt(series.expected.size());
        for (Map.Entry<Long, Expectation> entry : series.expected.entrySet()) {
            out.writeLong(entry.getKey());
            out.writeDouble(entry.getValue().count());
            out.writeDouble(entry.getValue().level());
            out.writeDouble(entry.getValue().noise());
            out.writeInt(entry.getValue().references());
        }
        for (Signal signal : Signal.values()) {
            write(series.trackers.get(signal), out);
        }
        return out.getCopyOfBuffer();
    }

    static Series decode(byte[] bytes) throws IOException {
        DataInputDeserializer in = new DataInputDeserializer(bytes);
        byte layout = in.readByte();
        if (layout != LAYOUT) {
            throw new IOException("The alerts of an event type have layout " + layout + ", but this version reads only "
                    + LAYOUT + ": restore them with the version that wrote them, or start without them.");
        }
        Series series = new Series();
        series.first = in.readLong();
        series.newest = in.readLong();
        series.ruleChanges = in.readLong();
        series.open = in.readInt();
        for (int n = in.readInt(); n > 0; n--) {
            series.expected.put(
                    in.readLong(), new Expectation(in.readDouble(), in.readDouble(), in.readDouble(), in.readInt()));
        }
        for (Signal signal : Signal.values()) {
            read(series.trackers.get(signal), in);
        }
        return series;
    }

    private static void write(Tracker tracker, DataOutputSerializer out) throws IOException {
        out.writeBoolean(!tracker.isIdle());
        if (tracker.isIdle()) {
            return;
        }
        out.writeLong(tracker.start);
        if (tracker.isOpen()) {
            out.writeLong(tracker.last);
            out.writeInt(tracker.calm);
            out.writeLong(tracker.peak.slot());
            write(tracker.peak.judgement(), out);
        }
        out.writeInt(tracker.early.size());
        for (Map.Entry<Long, Judgement> entry : tracker.early.entrySet()) {
            out.writeLong(entry.getKey());
            write(entry.getValue(), out);
        }
        out.writeLong(tracker.told);
        out.writeDouble(tracker.toldScore);
        out.writeInt(tracker.sinceTold);
    }

    private static void read(Tracker tracker, DataInputDeserializer in) throws IOException {
        if (!in.readBoolean()) {
            return;
        }
        tracker.start = in.readLong();
        if (tracker.isOpen()) {
            tracker.last = in.readLong();
            tracker.calm = in.readInt();
            tracker.peak = new Tracker.Judged(in.readLong(), judgement(in));
        }
        for (int n = in.readInt(); n > 0; n--) {
            tracker.early.put(in.readLong(), judgement(in));
        }
        tracker.told = in.readLong();
        tracker.toldScore = in.readDouble();
        tracker.sinceTold = in.readInt();
    }

    private static void write(Window window, DataOutputSerializer out) throws IOException {
        out.writeLong(window.slot());
        out.writeLong(window.events());
        out.writeLong(window.users());
    }

    private static Window window(DataInputDeserializer in) throws IOException {
        return new Window(in.readLong(), in.readLong(), in.readLong());
    }

    private static void write(Judgement judgement, DataOutputSerializer out) throws IOException {
        out.writeBoolean(judgement.isAnomalous());
        out.writeBoolean(judgement.holds());
        write(judgement.window(), out);
        out.writeDouble(judgement.value());
        out.writeDouble(judgement.score());
        out.writeDouble(judgement.low());
        out.writeDouble(judgement.high());
        out.writeLong(judgement.ruleVersion());
    }

    private static Judgement judgement(DataInputDeserializer in) throws IOException {
        return new Judgement(
                in.readBoolean(),
                in.readBoolean(),
                window(in),
                in.readDouble(),
                in.readDouble(),
                in.readDouble(),
                in.readDouble(),
                in.readLong());
    }
}
