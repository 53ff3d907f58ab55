package shopstream.redis;

import java.util.HexFormat;
import org.apache.flink.table.types.logical.RowType;

/**
 * Feature rows in Feast's online format: a hash an entity, which a script writes only over an older one.
 *
 * <p>Columns: the entity's id (STRING), event time (TIMESTAMP_LTZ), version (BIGINT), and the features in their order.
 * All that is named comes from Python, which has the names; see {@code flink_jobs/features/online_writer.py}.
 */
public final class FeatureRows implements Rows {
    private static final long serialVersionUID = 1L;
    static final int FEATURES_FROM = 3;

    final byte[] keyHead;
    final byte[] keyTail;
    final byte[] orderField;
    final byte[][] momentFields;
    final byte[][] valueFields;
    final byte[] scriptName;
    private final String script;

    /**
     * All but the script are hexadecimal.
     *
     * @param keyHead what stands in an entity's key before the length of its id
     * @param keyTail what stands behind the id
     * @param orderField field of the row's place in the order: event time and version, as digits
     * @param momentFields fields that hold the event time
     * @param valueFields field of each feature
     * @param script its arguments are the key, then fields and values, the order first
     */
    public FeatureRows(
            String keyHead,
            String keyTail,
            String orderField,
            String[] momentFields,
            String[] valueFields,
            String script) {
        this.keyHead = bytes(keyHead)[0];
        this.keyTail = bytes(keyTail)[0];
        this.orderField = bytes(orderField)[0];
        this.momentFields = bytes(momentFields);
        this.valueFields = bytes(valueFields);
        this.script = script;
        scriptName = PatientRedis.nameOf(script);
    }

    @Override
    public String script() {
        return script;
    }

    @Override
    public Batch batch(RowType type) {
        return new FeatureBatch(this, type);
    }

    private static byte[][] bytes(String... texts) {
        byte[][] found = new byte[texts.length][];
        for (int at = 0; at < texts.length; at++) {
            found[at] = HexFormat.of().parseHex(texts[at]);
        }
        return found;
    }
}
