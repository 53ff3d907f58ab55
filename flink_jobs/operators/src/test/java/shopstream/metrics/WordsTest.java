package shopstream.metrics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.junit.jupiter.api.Test;

class WordsTest {
    @Test
    void keepsTheFirstOnesInOrder() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            Words words = new Words();
            Words half = new Words();
            TreeSet<String> expected = new TreeSet<>();
            for (int i = 0; i < 500; i++) {
                String word = "w" + random.nextInt(30 * (seed + 1));
                expected.add(word);
                (i % 2 == 0 ? words : half).add(BinaryStringData.fromString(word));
            }
            words.addAll(half);
            assertArrayEquals(
                    expected.stream().limit(Words.MOST).toArray(),
                    IntStream.range(0, words.size()).mapToObj(i -> words.get(i).toString()).toArray());
        }
    }
}
