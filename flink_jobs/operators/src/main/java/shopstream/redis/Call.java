package shopstream.redis;

import redis.clients.jedis.commands.ProtocolCommand;

/** One call to Redis, as the bytes of its arguments. */
public record Call(ProtocolCommand command, byte[]... arguments) {}
