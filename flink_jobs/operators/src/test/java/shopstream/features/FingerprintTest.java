package shopstream.features;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The hash against the values that the Python package mmh3 gives: {@code mmh3.hash64(text)}. */
class FingerprintTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "\"\",0,0",
                "\"a\",-8839064797231613815,-1822486391929534118",
                "\"/products/1\",6358312239988318907,-151724669763586408",
                "\"01234567\",-9064053233843489459,-4380151375907632864",
                "\"012345678\",5484970180828674234,8260018399725590513",
                "\"0123456789abcde\",-6472281833689111727,5750240258219592944",
                "\"0123456789abcdef\",5467490433528156583,-8663980805763692326",
                "\"0123456789abcdefg\",-8200385122730116642,576729866477728494",
                "\"Zoë 🛒 用户\",-8611346513363109483,1020549201391811260",
                "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",289608075098811106,-2400604143192408893"
            })
    void isMurmurHash3(String text, long high, long low) {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.of(text.getBytes(StandardCharsets.UTF_8));
        assertEquals(high, fingerprint.high);
        assertEquals(low, fingerprint.low);
    }
}
