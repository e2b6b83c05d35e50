import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.SimpleRecord;
import org.apache.kafka.common.record.TimestampType;

/**
 * Message sets, as brokers before 0.11 wrote them (magic 0 and 1): plain, and compressed, which is a message set inside
 * the value of a message. README.md has the form of the file.
 *
 * <p>Runs with kafka-clients 3.3.2, the last of its kind that writes them for everybody.
 */
public class Legacy {
    static final List<CompressionType> CODECS =
        List.of(CompressionType.NONE, CompressionType.GZIP, CompressionType.SNAPPY, CompressionType.LZ4);

    static DataOutputStream out;

    public static void main(String[] args) throws Exception {
        try (FileOutputStream file = new FileOutputStream(args[0])) {
            out = new DataOutputStream(new GZIPOutputStream(file));
            for (byte magic : new byte[] {RecordBatch.MAGIC_VALUE_V0, RecordBatch.MAGIC_VALUE_V1}) {
                for (CompressionType codec : CODECS) {
                    String name = "v" + magic + " " + codec.name;
                    write(name + " from 0", set(magic, codec, TimestampType.CREATE_TIME, 0));
                    write(name + " from a broker", set(magic, codec, TimestampType.CREATE_TIME, 1L << 40));
                    write(name + " compacted", compacted(magic, codec));
                    write(name + " one", one(magic, codec));
                    if (magic == RecordBatch.MAGIC_VALUE_V1) {
                        write(name + " append time", set(magic, codec, TimestampType.LOG_APPEND_TIME, 7));
                    }
                }
            }
            write("several", several(Integer.MAX_VALUE));
            // A broker ends a response where its limit is.
            write("several, cut in the records of the last", several(70));
            write("several, cut in the head of the last", several(13));
            out.close();
        }
    }

    static MemoryRecordsBuilder builder(byte magic, CompressionType codec, TimestampType type, long offset) {
        // In magic 0 there are no timestamps.
        TimestampType of = magic == RecordBatch.MAGIC_VALUE_V0 ? TimestampType.NO_TIMESTAMP_TYPE : type;
        long appended = type == TimestampType.LOG_APPEND_TIME ? 5_000 : RecordBatch.NO_TIMESTAMP;
        return MemoryRecords.builder(ByteBuffer.allocate(1 << 20), magic, codec, of, offset, appended);
    }

    static ByteBuffer set(byte magic, CompressionType codec, TimestampType type, long offset) {
        MemoryRecordsBuilder builder = builder(magic, codec, type, offset);
        for (SimpleRecord record : records(magic)) {
            builder.append(record);
        }
        return builder.build().buffer();
    }

    static ByteBuffer one(byte magic, CompressionType codec) {
        MemoryRecordsBuilder builder = builder(magic, codec, TimestampType.CREATE_TIME, 3);
        builder.append(records(magic).get(0));
        return builder.build().buffer();
    }

    /** With holes in its offsets. */
    static ByteBuffer compacted(byte magic, CompressionType codec) {
        MemoryRecordsBuilder builder = builder(magic, codec, TimestampType.CREATE_TIME, 100);
        long offset = 101;
        for (SimpleRecord record : records(magic)) {
            builder.appendWithOffset(offset, record);
            offset += 1_000;
        }
        return builder.build().buffer();
    }

    static List<SimpleRecord> records(byte magic) {
        boolean timed = magic > RecordBatch.MAGIC_VALUE_V0;
        List<SimpleRecord> records = new ArrayList<>();
        records.add(record(timed ? 1_000 : -1, "key", "value"));
        records.add(record(timed ? 999 : -1, null, ""));
        records.add(record(timed ? 1_500 : -1, "", null));
        records.add(record(timed ? 1_700_000_000_000L : -1, "Ω-日本-🦀", null));
        records.add(record(-1, null, null));
        records.add(record(timed ? 1_001 : -1, "long", "0123456789 ".repeat(7_000)));
        return records;
    }

    static SimpleRecord record(long timestamp, String key, String value) {
        return new SimpleRecord(timestamp, utf8(key), utf8(value));
    }

    static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    /** All formats behind each other, as in the log of a broker that was upgraded; of the last batch at most `last` bytes. */
    static ByteBuffer several(int last) {
        ByteBuffer all = ByteBuffer.allocate(1 << 20);
        int end = 0;
        long offset = 0;
        for (byte magic = 0; magic <= 2; magic++) {
            for (CompressionType codec : CODECS) {
                MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1 << 10), magic, codec,
                    magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME, offset);
                builder.append(record(magic == 0 ? -1 : 2_000 + offset, "key", "a"));
                builder.append(record(magic == 0 ? -1 : 2_001 + offset, null, "b"));
                end = all.position() + Math.min(last, Integer.MAX_VALUE - all.position());
                all.put(builder.build().buffer());
                offset += 2;
            }
        }
        all.flip().limit(Math.min(end, all.limit()));
        return all;
    }

    static void write(String name, ByteBuffer set) throws IOException {
        byte[] bytes = new byte[set.remaining()];
        set.get(bytes);
        byte[] text = utf8(text(bytes));
        out.writeUTF(name);
        out.writeInt(text.length);
        out.write(text);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** A line for each record: offset, timestamp, key, value. */
    static String text(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (Record record : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).records()) {
            record.ensureValid();
            text.append(record.offset()).append(' ').append(record.timestamp())
                .append(' ').append(hex(record.key())).append(' ').append(hex(record.value())).append('\n');
        }
        return text.toString();
    }

    /** Null is a dash; hexadecimal digits otherwise, behind an x. */
    static String hex(ByteBuffer bytes) {
        if (bytes == null) {
            return "-";
        }
        StringBuilder text = new StringBuilder("x");
        for (int i = bytes.position(); i < bytes.limit(); i++) {
            text.append(Character.forDigit(bytes.get(i) >> 4 & 15, 16)).append(Character.forDigit(bytes.get(i) & 15, 16));
        }
        return text.toString();
    }
}
