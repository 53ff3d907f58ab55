package shopstream.metrics;

/**
 * Events of one key in one tile. Amounts are counted in millionths, split into whole units and the rest: with an
 * amount of at most a billion both stay exact for more events than there can be.
 */
class Group {
    static final long MILLIONTHS = 1_000_000;

    final long tile;
    long count;
    long units;
    /** Millionths, not carried over to the units. */
    long rest;
    /** Null without any. */
    Words words;

    Group(long tile) {
        this.tile = tile;
    }

    final Words words() {
        if (words == null) {
            words = new Words();
        }
        return words;
    }

    final void addAmount(long millionths) {
        units += Math.floorDiv(millionths, MILLIONTHS);
        rest += Math.floorMod(millionths, MILLIONTHS);
    }

    /** Adds the sums of the group at hand, not its words and ids. */
    final void add(PartialReader in) {
        count += in.count;
        units += in.units;
        rest += in.rest;
    }

    final void add(Group other) {
        count += other.count;
        units += other.units;
        rest += other.rest;
        if (other.words != null) {
            words().addAll(other.words);
        }
    }
}
