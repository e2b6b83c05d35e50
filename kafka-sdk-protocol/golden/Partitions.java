import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;

/**
 * Where Java's producer puts a key: a line for each key, with the key in hexadecimal digits behind an x, its murmur2, and
 * its partition among 1, 2, 3, 7, 12, 100, 1000 and 2147483647.
 *
 * <p>Runs with kafka-clients 4.4.0.
 */
public class Partitions {
    static final int[] COUNTS = {1, 2, 3, 7, 12, 100, 1_000, Integer.MAX_VALUE};

    public static void main(String[] args) throws Exception {
        try (PrintWriter out = new PrintWriter(args[0], StandardCharsets.UTF_8)) {
            write(out, new byte[0]);
            for (int length = 1; length <= 40; length++) {
                for (int seed = 1; seed <= 8; seed++) {
                    write(out, key(length, seed));
                }
            }
            for (String text : new String[] {"21", "foobar", "a-little-bit-long-string", "päyments-日本-🦀"}) {
                write(out, text.getBytes(StandardCharsets.UTF_8));
            }
            write(out, key(1_001, 9));
        }
    }

    static void write(PrintWriter out, byte[] key) {
        StringBuilder line = new StringBuilder("x");
        for (byte b : key) {
            line.append(String.format("%02x", b));
        }
        line.append(' ').append(Utils.murmur2(key));
        for (int count : COUNTS) {
            line.append(' ').append(BuiltInPartitioner.partitionForKey(key, count));
        }
        out.print(line + "\n");
    }

    /** The high bytes of a linear congruence: negative ones too. */
    static byte[] key(int length, long seed) {
        byte[] key = new byte[length];
        long state = seed + length * 1_000L;
        for (int i = 0; i < length; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            key[i] = (byte) (state >>> 56);
        }
        return key;
    }
}
