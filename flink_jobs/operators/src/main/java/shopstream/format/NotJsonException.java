package shopstream.format;

/**
 * The bytes are not a JSON text; the message is one sentence. Carries no stack trace: a bad record must stay
 * cheap.
 */
final class NotJsonException extends Exception {
    NotJsonException(String message) {
        super(message, null, false, false);
    }
}
