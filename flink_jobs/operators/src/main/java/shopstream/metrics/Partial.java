package shopstream.metrics;

import java.io.IOException;
import java.util.Arrays;

/** What some events of one key add up to, by tile: how they travel to the key's windows, and how those keep them. */
final class Partial {
    /** Events of one tile with the ids among them. */
    static final class Tile extends Group {
        /** Null without any. */
        IdTable ids;

        Tile(long tile) {
            super(tile);
        }

        /** Whether the id was not there yet. */
        boolean addId(long high, long low) {
            if (ids == null) {
                ids = new IdTable();
            }
            return ids.add(high, low, 1, 1) == 0;
        }
    }

    private Tile[] tiles = new Tile[1];
    private int size;

    int size() {
        return size;
    }

    Tile at(long tile) {
        // Events come about in order of time: their tile is the last one or close to it.
        for (int i = size - 1; i >= 0; i--) {
            if (tiles[i].tile == tile) {
                Tile found = tiles[i];
                tiles[i] = tiles[size - 1];
                tiles[size - 1] = found;
                return found;
            }
        }
        if (size == tiles.length) {
            tiles = Arrays.copyOf(tiles, 2 * size);
        }
        return tiles[size++] = new Tile(tile);
    }

    byte[] encode(PartialWriter out, long newestFinal) throws IOException {
        out.begin(newestFinal, size);
        for (int i = 0; i < size; i++) {
            Tile tile = tiles[i];
            out.group(tile, tile.ids == null ? 0 : tile.ids.size());
            for (int slot = 0; tile.ids != null && slot < tile.ids.slots(); slot++) {
                if (tile.ids.bits(slot) != 0) {
                    out.id(tile.ids.high(slot), tile.ids.low(slot));
                }
            }
        }
        return out.end();
    }
}
