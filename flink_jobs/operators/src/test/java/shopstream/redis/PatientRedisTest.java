package shopstream.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** A server that accepts and then does what is worst. */
@Timeout(30)
class PatientRedisTest {
    /** What Jedis says first, and does not mind to be refused. */
    private static final byte[] NO = "-ERR no\r\n-ERR no\r\n".getBytes();

    private static final List<Call> MANY =
            Collections.nCopies(2_000, new Call(Command.SET, "key".getBytes(), new byte[10_000]));

    private ServerSocket server;
    private PatientRedis redis;

    @BeforeEach
    void listen() throws Exception {
        server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        redis = new PatientRedis("127.0.0.1:" + server.getLocalPort(), null, Duration.ofMinutes(1));
    }

    @AfterEach
    void end() throws Exception {
        redis.close();
        server.close();
    }

    private CompletableFuture<Long> write(List<Call> calls) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return redis.write(calls);
            } catch (InterruptedException ended) {
                throw new IllegalStateException(ended);
            }
        });
    }

    @Test
    void whatIsClosedInTheMiddleOpensNoOtherConnection() throws Exception {
        CompletableFuture<Long> writing = write(MANY);
        try (Socket first = server.accept()) {
            first.getOutputStream().write(NO);
            // More than what Jedis says first: it is in the middle of the calls.
            first.getInputStream().readNBytes(1_000_000);
            redis.close();
            assertThrows(ExecutionException.class, () -> writing.get(5, TimeUnit.SECONDS));
            server.setSoTimeout(500);
            assertThrows(SocketTimeoutException.class, () -> server.accept());
        }
    }

    @Test
    void whatComesUpCanBeClosed() throws Exception {
        CompletableFuture<Long> writing = write(MANY);
        try (Socket mute = server.accept()) {
            mute.getInputStream().read();
            redis.close();
            assertThrows(ExecutionException.class, () -> writing.get(5, TimeUnit.SECONDS));
        }
    }

    @Test
    void anAttemptThatIsYoungGoesOn() throws Exception {
        CompletableFuture<Long> writing = write(List.of(new Call(Command.PING)));
        try (Socket first = server.accept()) {
            redis.expire();
            assertFalse(writing.isDone());
            first.getOutputStream().write(NO);
            first.getOutputStream().write(":7\r\n".getBytes());
            assertEquals(7, writing.get());
        }
    }

    @Test
    void aServerThatSaysNothingAtAllIsNotWaitedForForEver() throws Exception {
        HostAndPort address = new HostAndPort("127.0.0.1", server.getLocalPort());
        try (OneSocket socket = new OneSocket(address, 1_000, 200)) {
            DefaultJedisClientConfig plain = DefaultJedisClientConfig.builder().build();
            assertThrows(JedisConnectionException.class, () -> new Connection(socket, plain).ping());
        }
    }

    @Test
    void whatIsClosedWritesNoMore() {
        redis.close();
        Throwable refused = assertThrows(RuntimeException.class, () -> redis.write(List.of(new Call(Command.PING))));
        assertInstanceOf(JedisConnectionException.class, refused);
    }
}
