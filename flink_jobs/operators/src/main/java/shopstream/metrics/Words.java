package shopstream.metrics;

import java.util.Arrays;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * Distinct texts in the order of their bytes. Of more than {@value #MOST} the first ones are kept, so that no sender
 * can fill the memory and what is kept does not depend on the order in which they come.
 */
final class Words {
    static final int MOST = 100;

    private BinaryStringData[] words = new BinaryStringData[2];
    private int size;

    int size() {
        return size;
    }

    BinaryStringData get(int position) {
        return words[position];
    }

    void add(BinaryStringData word) {
        int position = Arrays.binarySearch(words, 0, size, word);
        int gap = -1 - position;
        if (position >= 0 || gap == MOST) {
            return;
        }
        if (size == words.length) {
            words = Arrays.copyOf(words, 2 * size);
        }
        int moved = Math.min(size, MOST - 1) - gap;
        System.arraycopy(words, gap, words, gap + 1, moved);
        // The row that the word comes in is used again for the next event.
        words[gap] = word.copy();
        size = Math.min(size + 1, MOST);
    }

    void addAll(Words other) {
        for (int position = 0; position < other.size; position++) {
            add(other.words[position]);
        }
    }

    GenericArrayData toArray() {
        return new GenericArrayData(Arrays.copyOf(words, size, Object[].class));
    }
}
