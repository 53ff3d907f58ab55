package shopstream.events;

import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;

/** The type of an event id as a key, whose serializer is {@link EventIdSerializer}. */
final class EventIdType extends TypeInformation<String> {
    private static final long serialVersionUID = 1L;

    @Override
    public TypeSerializer<String> createSerializer(SerializerConfig config) {
        return EventIdSerializer.INSTANCE;
    }

    @Override
    public Class<String> getTypeClass() {
        return String.class;
    }

    @Override
    public boolean isKeyType() {
        return true;
    }

    @Override
    public boolean isBasicType() {
        return false;
    }

    @Override
    public boolean isTupleType() {
        return false;
    }

    @Override
    public int getArity() {
        return 1;
    }

    @Override
    public int getTotalFields() {
        return 1;
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof EventIdType;
    }

    @Override
    public boolean equals(Object other) {
        return canEqual(other);
    }

    @Override
    public int hashCode() {
        return EventIdType.class.hashCode();
    }

    @Override
    public String toString() {
        return "EventId";
    }
}
