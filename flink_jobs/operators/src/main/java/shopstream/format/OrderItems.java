package shopstream.format;

import org.apache.flink.metrics.Counter;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.TableFunction;

/**
 * {@code order_items(properties)}: a row for each product of a purchase, with how much was bought and for how much in
 * all; see {@link OrderItemReader}. Bad items are counted in the metric {@code badOrderItems}. No rows for NULL.
 */
@FunctionHint(
        output =
                @DataTypeHint(
                        value = "ROW<product_id STRING, quantity DOUBLE, revenue DOUBLE>",
                        bridgedTo = RowData.class))
public class OrderItems extends TableFunction<RowData> {
    private static final long serialVersionUID = 1L;

    private transient OrderItemReader reader;
    private transient Counter badItems;

    @Override
    public void open(FunctionContext context) {
        reader = new OrderItemReader();
        badItems = context.getMetricGroup().counter("badOrderItems");
    }

    public void eval(@DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData properties) {
        if (properties == null) {
            return;
        }
        reader.read(properties.toBytes())
                .forEach((product, amount) -> collect(GenericRowData.of(product, amount.quantity, amount.revenue)));
        badItems.inc(reader.bad());
    }
}
