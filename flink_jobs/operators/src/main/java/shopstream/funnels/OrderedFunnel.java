package shopstream.funnels;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * {@code ordered_funnel}: how far each user comes through the steps in order, as changes to the totals of the hour
 * in which the user's counted attempt began; see {@link UserSteps} for which one that is. Partition by user; events
 * may come in any order, and each gives the difference between what the user counted for before and after it.
 *
 * <p>A change takes the seconds in {@code removed} out of the totals that it names and puts those in {@code added}
 * in, one for each step reached; breakdown 0 has the one value {@code all}. Changes add up to the same in every
 * order.
 *
 * <p>State: one value a user, {@link UserStepsCodec}, gone once no event can change the hours it is about.
 */
@DataTypeHint(
        "ROW<totals ROW<window_start TIMESTAMP_LTZ(3), breakdown INT, `value` STRING>, removed ARRAY<INT>,"
                + " added ARRAY<INT>, capped_change INT>")
public class OrderedFunnel extends ProcessTableFunction<Row> {
    private static final long serialVersionUID = 1L;
    private static final String[] NO_TOUCH = {};

    /** State is forgotten within this time, so that not all users' timers are due at the full hour. */
    private static final int SPREAD_SECONDS = 600;

    /** The state of one user. */
    public static class UserState {
        public byte[] steps;
    }

    private transient UserStepsCodec codec;
    private transient FunnelShape shape;
    private transient Counter leftOut;

    @Override
    public void open(FunctionContext context) {
        codec = new UserStepsCodec();
        leftOut = context.getMetricGroup().counter("funnelEventsLeftOut");
    }

    public void eval(
            Context context,
            @StateHint(ttl = "0") UserState state,
            @ArgumentHint(
                            value = {ArgumentTrait.SET_SEMANTIC_TABLE, ArgumentTrait.REQUIRE_ON_TIME},
                            type =
                                    @DataTypeHint(
                                            "ROW<user_id STRING, rowtime TIMESTAMP_LTZ(3), event_time TIMESTAMP_LTZ(6),"
                                                    + " step INT, first_touch ARRAY<STRING>>"))
                    Row input,
            @ArgumentHint(name = "steps", type = @DataTypeHint("INT")) Integer steps,
            @ArgumentHint(name = "breakdowns", type = @DataTypeHint("INT")) Integer breakdowns,
            @ArgumentHint(name = "conversion_seconds", type = @DataTypeHint("INT")) Integer conversionSeconds,
            @ArgumentHint(name = "lateness_seconds", type = @DataTypeHint("INT")) Integer latenessSeconds)
            throws IOException {
        if (shape == null) {
            shape = new FunnelShape(steps, breakdowns, conversionSeconds, latenessSeconds);
        }
        long time = ChronoUnit.MICROS.between(Instant.EPOCH, input.<Instant>getFieldAs(2));
        int step = input.<Integer>getFieldAs(3) - 1;
        String[] touch = step == 0 && shape.breakdowns() > 0 ? input.getFieldAs(4) : NO_TOUCH;
        UserSteps user = codec.decode(state.steps, shape);
        long hour = FunnelShape.hour(time);
        // A later step may belong to an attempt of every hour from which the conversion window reaches it.
        long firstHour = FunnelShape.hour(time - shape.conversionMicros());
        Attempt[] before = counted(user, firstHour, hour);
        boolean isNewHour = !user.knows(hour);
        UserSteps.Fate fate = user.add(step, time, touch);
        if (fate != UserSteps.Fate.KEPT) {
            leftOut.inc();
        }
        if (fate == UserSteps.Fate.LEFT_OUT) {
            return;
        }
        Attempt[] after = counted(user, firstHour, hour);
        for (int i = 0; i < before.length; i++) {
            emit(firstHour + i, before[i], after[i]);
        }
        state.steps = codec.encode(user);
        if (isNewHour) {
            context.timeContext(Long.class)
                    .registerOnTime(shape.finalMillis(hour) + spread(input.getFieldAs(0)) * 1_000L);
        }
    }

    public void onTimer(OnTimerContext context, UserState state) throws IOException {
        if (state.steps == null) {
            return;
        }
        UserSteps user = codec.decode(state.steps);
        user.forgetBefore(user.shape.firstOpenHour(context.timeContext(Long.class).time()));
        if (user.firstHour() == Long.MAX_VALUE) {
            context.clearAllState();
        } else {
            state.steps = codec.encode(user);
        }
    }

    private static Attempt[] counted(UserSteps user, long firstHour, long lastHour) {
        Attempt[] attempts = new Attempt[(int) (lastHour - firstHour) + 1];
        for (int i = 0; i < attempts.length; i++) {
            attempts[i] = user.counted(firstHour + i);
        }
        return attempts;
    }

    private static int spread(String user) {
        return Math.floorMod(user.hashCode(), SPREAD_SECONDS);
    }

    private void emit(long hour, Attempt before, Attempt after) {
        if (before == after || before != null && before.sameAs(after)) {
            return;
        }
        Instant window = Instant.ofEpochSecond(hour * FunnelShape.HOUR_SECONDS);
        for (int number = 0; number <= shape.breakdowns(); number++) {
            String from = before == null ? null : before.value(number);
            String to = after == null ? null : after.value(number);
            if (Objects.equals(from, to)) {
                emit(window, number, to, before, after);
            } else {
                if (from != null) {
                    emit(window, number, from, before, null);
                }
                if (to != null) {
                    emit(window, number, to, null, after);
                }
            }
        }
    }

    private void emit(Instant window, int number, String value, Attempt removed, Attempt added) {
        int cappedChange = (added != null && added.capped() ? 1 : 0) - (removed != null && removed.capped() ? 1 : 0);
        collect(Row.of(Row.of(window, number, value), boxed(removed), boxed(added), cappedChange));
    }

    private static Integer[] boxed(Attempt attempt) {
        if (attempt == null) {
            return null;
        }
        Integer[] boxed = new Integer[attempt.seconds().length];
        for (int i = 0; i < boxed.length; i++) {
            boxed[i] = attempt.seconds()[i];
        }
        return boxed;
    }
}
