package shopstream.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

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

    /** A write to a socket has no timeout of its own: one that takes longer is ended by who waits for it. */
    private static final long ATTEMPT_NANOS = 20_000_000_000L;

    private final HostAndPort address;
    private final String script;
    private final Duration patience;
    private Connection connection;
    private OneSocket socket;
    private long began;
    private boolean isClosed;

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
                if (isClosed() || System.nanoTime() + pause * 1_000_000 > deadline) {
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

    @Override
    public synchronized void expire() {
        if (began != 0 && System.nanoTime() - began > ATTEMPT_NANOS) {
            socket.close();
        }
    }

    /** Ends the connection for good; also from another thread, whose call then fails. */
    @Override
    public synchronized void close() {
        isClosed = true;
        disconnect();
    }

    private synchronized void disconnect() {
        connection = null;
        began = 0;
        if (socket != null) {
            socket.close();
        }
    }

    private synchronized boolean isClosed() {
        return isClosed;
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
        Connection open = open();
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
        synchronized (this) {
            began = 0;
        }
        return sum;
    }

    /** Begins an attempt: with the connection that is there, or with a new one. */
    private Connection open() {
        OneSocket mine;
        synchronized (this) {
            if (isClosed) {
                throw new JedisConnectionException("The connection to Redis is closed.");
            }
            began = System.nanoTime();
            if (connection != null) {
                return connection;
            }
            mine = new OneSocket(address, CONNECT_MILLIS, ANSWER_MILLIS);
            socket = mine;
        }
        Connection made = new Connection(mine, DefaultJedisClientConfig.builder().build());
        if (script != null) {
            made.sendCommand(Protocol.Command.SCRIPT, "LOAD".getBytes(UTF_8), script.getBytes(UTF_8));
            if (made.getMany(1).get(0) instanceof JedisDataException refused) {
                throw ServerNotReady.or(refused);
            }
        }
        synchronized (this) {
            connection = made;
        }
        return made;
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
