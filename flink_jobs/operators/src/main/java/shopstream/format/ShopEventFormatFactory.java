package shopstream.format;

import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * {@code 'format' = 'shop-event'}: shop events as JSON. Column names are paths of JSON keys ({@code
 * `properties.page` STRING}, types in {@link Column}); the columns {@code error_code STRING}, {@code
 * error_message STRING} and {@code raw BYTES} tell what is wrong with a record that is not a valid event. The
 * option {@code 'shop-event.rules'} takes what {@code ingestion.rules.format_option()} renders.
 */
public final class ShopEventFormatFactory implements DeserializationFormatFactory {
    /** The name in {@code 'format' = '...'}. */
    public static final String IDENTIFIER = "shop-event";

    /** What values must be; none by default. */
    public static final ConfigOption<String> RULES = ConfigOptions.key("rules")
            .stringType()
            .defaultValue("[]")
            .withDescription("JSON array of the rules for values, as ingestion/rules.py renders it.");

    @Override
    public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        FactoryUtil.validateFactoryOptions(this, options);
        return new ShopEventDecodingFormat(Rule.parse(options.get(RULES)));
    }

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of(RULES);
    }
}
