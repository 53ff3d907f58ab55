package shopstream.redis;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * The one socket of a connection. Jedis opens another by itself when the first is closed, and would go on with the rest of
 * the calls there. It can be closed from another thread at any time: while it connects, writes or reads.
 */
final class OneSocket implements JedisSocketFactory, AutoCloseable {
    private final HostAndPort address;
    private final int connectMillis;
    private final int answerMillis;
    private final Socket socket = new Socket();
    private boolean isUsed;

    /** @param answerMillis longest wait for a byte of an answer; Jedis takes it from the socket */
    OneSocket(HostAndPort address, int connectMillis, int answerMillis) {
        this.address = address;
        this.connectMillis = connectMillis;
        this.answerMillis = answerMillis;
    }

    @Override
    public Socket createSocket() {
        synchronized (this) {
            if (isUsed) {
                throw new JedisConnectionException("The connection was lost.");
            }
            isUsed = true;
        }
        try {
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            socket.setSoTimeout(answerMillis);
            socket.connect(new InetSocketAddress(address.getHost(), address.getPort()), connectMillis);
            return socket;
        } catch (IOException failed) {
            close();
            throw new JedisConnectionException("Redis is not at " + address + ": " + failed.getMessage(), failed);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException ignored) {
            // Nothing is left to be done with it, and what fails in a task's clean-up would end the TaskManager.
        }
    }
}
