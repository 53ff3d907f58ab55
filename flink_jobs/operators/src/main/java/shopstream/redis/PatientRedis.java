package shopstream.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * One connection to a Redis server. A server that is away, loads its data or was started anew is waited for; after the
 * patience, a write throws what the client threw last.
 */
public final class PatientRedis implements Target {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int ANSWER_MILLIS = 10_000;
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;

    private final HostAndPort address;
    private final String script;
    private final Duration patience;
    private volatile Connection connection;
    private volatile boolean isClosed;

    /**
     * @param address {@code host:port}
     * @param script a script for every new connection to load, or null
     */
    public PatientRedis(String address, String script, Duration patience) {
        this.address = HostAndPort.from(address);
        this.script = script;
        this.patience = patience;
    }

    /**
     * Makes the calls, which must be repeatable: after a failure all are made again.
     *
     * @return the sum of the answers that are numbers
     * @throws JedisConnectionException when the server stays away
     * @throws JedisDataException when the server refuses a call
     */
    @Override
    public long write(List<Call> calls) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            try {
                return send(calls);
            } catch (JedisConnectionException | ServerNotReady away) {
                disconnect();
                if (isClosed || System.nanoTime() + pause * 1_000_000 > deadline) {
                    throw away;
                }
            } catch (RuntimeException refused) {
                // Answers that were not read would be taken for those of the next calls.
                disconnect();
                throw refused;
            }
            Thread.sleep(pause);
            pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
        }
    }

    /** Ends the connection for good; also from another thread, whose call then fails. */
    @Override
    public void close() {
        isClosed = true;
        disconnect();
    }

    private void disconnect() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                // `disconnect` would send what is left first.
                open.forceDisconnect();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }

    /** What Redis calls a script. */
    static byte[] nameOf(String script) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(script.getBytes(UTF_8));
            return HexFormat.of().formatHex(digest).getBytes(UTF_8);
        } catch (NoSuchAlgorithmException none) {
            throw new IllegalStateException(none);
        }
    }

    private long send(List<Call> calls) {
        Connection open = connection;
        if (open == null) {
            open = connect();
        }
        for (Call call : calls) {
            open.sendCommand(call.command(), call.arguments());
        }
        long sum = 0;
        for (Object answer : open.getMany(calls.size())) {
            if (answer instanceof Long number) {
                sum += number;
            } else if (answer instanceof JedisDataException refused) {
                throw ServerNotReady.or(refused);
            }
        }
        return sum;
    }

    private Connection connect() {
        Connection open = new Connection(
                address,
                DefaultJedisClientConfig.builder()
                        .connectionTimeoutMillis(CONNECT_MILLIS)
                        .socketTimeoutMillis(ANSWER_MILLIS)
                        .build());
        connection = open;
        if (isClosed) {
            // It was closed while this one came up: nothing more may be written, for others may write by now.
            throw new IllegalStateException("The connection to Redis is closed.");
        }
        if (script != null) {
            open.sendCommand(Protocol.Command.SCRIPT, "LOAD".getBytes(UTF_8), script.getBytes(UTF_8));
            if (open.getMany(1).get(0) instanceof JedisDataException refused) {
                throw ServerNotReady.or(refused);
            }
        }
        return open;
    }

    /** The server reads its data from disk, or has lost its scripts: a later call may succeed. */
    private static final class ServerNotReady extends JedisDataException {
        private static final long serialVersionUID = 1L;

        private ServerNotReady(JedisDataException answer) {
            super(answer);
        }

        static JedisDataException or(JedisDataException answer) {
            String text = String.valueOf(answer.getMessage());
            return text.startsWith("LOADING") || text.startsWith("NOSCRIPT") ? new ServerNotReady(answer) : answer;
        }
    }
}
