package shopstream.anomalies;

/** One window of one event type, as far as it is known. */
record Window(long slot, long events, long users) {
    double eventsPerUser() {
        return users == 0 ? 0 : (double) events / users;
    }
}
