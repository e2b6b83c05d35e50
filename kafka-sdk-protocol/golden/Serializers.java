import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.serialization.BooleanSerializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.DoubleSerializer;
import org.apache.kafka.common.serialization.FloatSerializer;
import org.apache.kafka.common.serialization.IntegerSerializer;
import org.apache.kafka.common.serialization.LongSerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.ShortSerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.serialization.UUIDSerializer;

/**
 * What Java's serializers make of keys and headers, and where a key of these bytes goes: a line for each value, with the
 * serializer's name, the value, its bytes, and the partition of such a key among 7 and among 12.
 *
 * <p>A value is a number in decimal digits, `true` or `false`, or a UUID as text; a floating-point number is its bits in
 * hexadecimal digits, a text its code points behind a dash each, bytes are hexadecimal digits behind an x.
 *
 * <p>Runs with kafka-clients 4.4.0.
 */
public class Serializers {
    static final int[] COUNTS = {7, 12};

    final PrintWriter out;

    Serializers(PrintWriter out) {
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        try (PrintWriter out = new PrintWriter(args[0], StandardCharsets.UTF_8)) {
            new Serializers(out).writeAll();
        }
    }

    void writeAll() {
        for (short value : new short[] {0, 1, -1, 255, 256, 258, -2, Short.MAX_VALUE, Short.MIN_VALUE}) {
            write("Short", new ShortSerializer(), value, Short.toString(value));
        }
        for (int value : new int[] {0, 1, -1, 255, 256, 66_051, -2, 1_700_000_000, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            write("Integer", new IntegerSerializer(), value, Integer.toString(value));
        }
        for (long value : new long[] {0, 1, -1, 255, 256, -2, 1_700_000_000_000L, 4_294_967_296L, Long.MAX_VALUE, Long.MIN_VALUE}) {
            write("Long", new LongSerializer(), value, Long.toString(value));
        }
        for (float value : new float[] {0, -0.0f, 1, -1.5f, 0.1f, Float.MIN_VALUE, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
            write("Float", new FloatSerializer(), value, String.format("%08x", Float.floatToRawIntBits(value)));
        }
        for (double value : new double[] {0, -0.0, 1, -1.5, 0.1, Double.MIN_VALUE, Double.MAX_VALUE, Double.NEGATIVE_INFINITY}) {
            write("Double", new DoubleSerializer(), value, String.format("%016x", Double.doubleToRawLongBits(value)));
        }
        for (boolean value : new boolean[] {false, true}) {
            write("Boolean", new BooleanSerializer(), value, Boolean.toString(value));
        }
        for (String value : new String[] {"", "o-1", "21", "foobar", "grün", "päyments-日本-🦀", "\0", "a\nb", "e\u0301"}) {
            write("String", new StringSerializer(), value, points(value));
        }
        for (byte[] value : new byte[][] {{}, {0}, {-1}, {1, 2}, {-128, 127, 0, 1, 2, 3, 4}}) {
            write("ByteArray", new ByteArraySerializer(), value, hex(value));
        }
        for (long[] bits : new long[][] {{0, 0}, {0x0123456789abcdefL, 0x0123456789abcdefL}, {-1, -1}, {0x0190163d8694739bL, 0xaea2966d1b1e0a2bL}}) {
            UUID value = new UUID(bits[0], bits[1]);
            write("UUID", new UUIDSerializer(), value, value.toString());
        }
    }

    <T> void write(String name, Serializer<T> serializer, T value, String text) {
        byte[] bytes = serializer.serialize("topic", value);
        StringBuilder line = new StringBuilder(name + " " + text + " " + hex(bytes));
        IntStream.of(COUNTS).forEach(count -> line.append(' ').append(BuiltInPartitioner.partitionForKey(bytes, count)));
        out.print(line + "\n");
    }

    static String points(String text) {
        StringBuilder points = new StringBuilder("-");
        text.codePoints().forEach(point -> points.append(points.length() > 1 ? "-" : "").append(Integer.toHexString(point)));
        return points.toString();
    }

    static String hex(byte[] bytes) {
        StringBuilder hex = new StringBuilder("x");
        for (byte b : bytes) {
            hex.append(String.format("%02x", b));
        }
        return hex.toString();
    }
}
