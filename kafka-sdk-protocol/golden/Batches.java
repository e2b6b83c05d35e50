import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.SnapshotHeaderRecord;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/**
 * Record batches (magic 2) as Java writes them, and what Java reads in ours. README.md has the form of the files.
 *
 * <pre>
 * Batches write batches.gz    every kind of batch, with its content as text
 * Batches verify ours         fails when Java reads something else than we say, or cannot read it
 * </pre>
 *
 * Runs with kafka-clients 4.4.0.
 */
public class Batches {
    static final SimpleRecord[] MIXED = {
        record(1_000, "key", "value"),
        record(999, null, "", header("name", "x"), header("name", null), header("", "")),
        record(1_500, "", null),
        record(1_700_000_000_000L, null, null, header("lang-Ω-日本-🦀", "é".repeat(200))),
        new SimpleRecord(1_000, bytes(100), bytes(70_000)),
    };

    static DataOutputStream out;

    public static void main(String[] args) throws Exception {
        if (args[0].equals("verify")) {
            verify(args[1]);
            return;
        }
        try (FileOutputStream file = new FileOutputStream(args[1])) {
            out = new DataOutputStream(new GZIPOutputStream(file));
            for (CompressionType codec : CompressionType.values()) {
                for (TimestampType type : List.of(TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME)) {
                    String name = codec.name + " " + type.name;
                    write("mixed " + name, new Batch(codec, type).records(MIXED));
                    write("one " + name, new Batch(codec, type).records(record(1_234, "k", "v")));
                }
                write("borders " + codec.name, new Batch(codec, TimestampType.CREATE_TIME).records(borders()));
                write("idempotent " + codec.name, idempotent(codec).records(MIXED));
                write("transactional " + codec.name, transactional(codec).records(MIXED));
                write("broker " + codec.name, fromBroker(codec).records(MIXED));
            }
            write("many", new Batch(CompressionType.NONE, TimestampType.CREATE_TIME).records(many()));
            special();
            out.close();
        }
    }

    /** Batches that only a broker makes. */
    static void special() throws IOException {
        write("compacted", compacted());
        write("delete horizon", deleteHorizon());
        ByteBuffer empty = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
        DefaultRecordBatch.writeEmptyHeader(empty, RecordBatch.MAGIC_VALUE_V2, 77, (short) 3, 12, 1_000, 1_009, 4,
            TimestampType.CREATE_TIME, 5_000, true, false);
        empty.flip();
        write("empty", empty);
        for (ControlRecordType type : List.of(ControlRecordType.COMMIT, ControlRecordType.ABORT)) {
            EndTransactionMarker marker = new EndTransactionMarker(type, 17);
            write("control " + type, MemoryRecords.withEndTransactionMarker(42, 5_000, 6, 77, (short) 3, marker).buffer());
        }
        write("control LEADER_CHANGE", MemoryRecords.withLeaderChangeMessage(10, 5_000, 6, ByteBuffer.allocate(512),
            new LeaderChangeMessage().setLeaderId(2).setVersion((short) 1)
                .setVoters(List.of(new LeaderChangeMessage.Voter().setVoterId(2)))).buffer());
        write("control SNAPSHOT_HEADER", MemoryRecords.withSnapshotHeaderRecord(10, 5_000, 6, ByteBuffer.allocate(512),
            new SnapshotHeaderRecord().setLastContainedLogTimestamp(99)).buffer());
        write("control KRAFT_VOTERS", MemoryRecords.withVotersRecord(10, 5_000, 6, ByteBuffer.allocate(512),
            new VotersRecord().setVoters(List.of(new VotersRecord.Voter().setVoterId(3)))).buffer());
        several();
    }

    /** As in a fetch response: batches of all codecs behind each other, the last one cut by the broker. */
    static void several() throws IOException {
        ByteBuffer all = ByteBuffer.allocate(1 << 20);
        for (CompressionType codec : CompressionType.values()) {
            all.put(fromBroker(codec).records(MIXED));
        }
        ByteBuffer last = fromBroker(CompressionType.NONE).records(MIXED);
        last.limit(last.limit() - 1);
        all.put(last).flip();
        write("several", all);
    }

    // Contents.

    static SimpleRecord record(long timestamp, String key, String value, Header... headers) {
        return new SimpleRecord(timestamp, utf8(key), utf8(value), headers);
    }

    static Header header(String name, String value) {
        return new RecordHeader(name, utf8(value));
    }

    static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    /** Bytes that can be compressed. */
    static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i % 97 + i / 10_000);
        }
        return bytes;
    }

    /** Lengths and differences of timestamps on both sides of where their varints get longer. */
    static SimpleRecord[] borders() {
        List<SimpleRecord> records = new ArrayList<>();
        long base = 1L << 41;
        records.add(record(base, null, null));
        for (int bits = 6; bits <= 41; bits += 7) {
            for (long near = (1L << bits) - 2; near <= (1L << bits) + 1; near++) {
                records.add(new SimpleRecord(base + near, null, new byte[0]));
                records.add(new SimpleRecord(Math.max(base - near, 0), new byte[0], null));
            }
        }
        records.add(record(Long.MAX_VALUE, null, null));
        for (int length : new int[] {0, 1, 50, 51, 52, 53, 54, 55, 56, 57, 62, 63, 64, 65, 8_183, 8_191, 8_192, 8_193}) {
            records.add(new SimpleRecord(base, bytes(length), null));
            records.add(new SimpleRecord(base, null, bytes(length)));
            records.add(new SimpleRecord(base, bytes(length), bytes(length)));
            records.add(record(base, null, null, new RecordHeader("h", bytes(length))));
        }
        Header[] headers = new Header[64];
        for (int i = 0; i < headers.length; i++) {
            headers[i] = header("h" + i, i % 3 == 0 ? null : "v" + i);
        }
        records.add(record(base, null, null, headers));
        return records.toArray(new SimpleRecord[0]);
    }

    /** So many that offsets get longer twice. */
    static SimpleRecord[] many() {
        SimpleRecord[] records = new SimpleRecord[8_200];
        for (int i = 0; i < records.length; i++) {
            records[i] = new SimpleRecord(1_000_000 + i, utf8("k" + i % 10), utf8("v"));
        }
        return records;
    }

    // Batches.

    static Batch idempotent(CompressionType codec) {
        Batch batch = new Batch(codec, TimestampType.CREATE_TIME);
        batch.producerId = Long.MAX_VALUE;
        batch.producerEpoch = Short.MAX_VALUE;
        batch.sequence = Integer.MAX_VALUE - 2;
        return batch;
    }

    static Batch transactional(CompressionType codec) {
        Batch batch = new Batch(codec, TimestampType.CREATE_TIME);
        batch.producerId = 77;
        batch.producerEpoch = 3;
        batch.sequence = 1_000;
        batch.isTransactional = true;
        return batch;
    }

    /** With an offset and the epoch of a leader. */
    static Batch fromBroker(CompressionType codec) {
        Batch batch = new Batch(codec, TimestampType.CREATE_TIME);
        batch.baseOffset = 1L << 40;
        batch.leaderEpoch = 12;
        return batch;
    }

    static class Batch {
        final CompressionType codec;
        final TimestampType type;
        long baseOffset = 0;
        long producerId = RecordBatch.NO_PRODUCER_ID;
        short producerEpoch = RecordBatch.NO_PRODUCER_EPOCH;
        int sequence = RecordBatch.NO_SEQUENCE;
        boolean isTransactional = false;
        int leaderEpoch = RecordBatch.NO_PARTITION_LEADER_EPOCH;

        Batch(CompressionType codec, TimestampType type) {
            this.codec = codec;
            this.type = type;
        }

        MemoryRecordsBuilder builder() {
            long appended = type == TimestampType.LOG_APPEND_TIME ? 5_000 : RecordBatch.NO_TIMESTAMP;
            return MemoryRecords.builder(ByteBuffer.allocate(1 << 20), RecordBatch.MAGIC_VALUE_V2,
                Compression.of(codec).build(), type, baseOffset, appended, producerId, producerEpoch, sequence,
                isTransactional, leaderEpoch);
        }

        ByteBuffer records(SimpleRecord... records) {
            MemoryRecordsBuilder builder = builder();
            for (SimpleRecord record : records) {
                builder.append(record);
            }
            return builder.build().buffer();
        }
    }

    /** With holes in its offsets, also at its ends. */
    static ByteBuffer compacted() {
        MemoryRecordsBuilder builder = fromBroker(CompressionType.ZSTD).builder();
        long offset = 1L << 40;
        builder.appendWithOffset(offset + 3, MIXED[0]);
        builder.appendWithOffset(offset + 100, MIXED[1]);
        builder.appendWithOffset(offset + 100_000, MIXED[2]);
        builder.overrideLastOffset(offset + 100_007);
        return builder.build().buffer();
    }

    /** A compacted batch whose base timestamp is a time to delete tombstones at (KIP-534). */
    static ByteBuffer deleteHorizon() {
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(new ByteBufferOutputStream(1 << 10), RecordBatch.MAGIC_VALUE_V2,
            Compression.NONE, TimestampType.CREATE_TIME, 50, RecordBatch.NO_TIMESTAMP, 77, (short) 3, 12, true, false, 4,
            1 << 20, 9_999);
        builder.appendWithOffset(52, MIXED[2]);
        return builder.build().buffer();
    }

    // Files.

    static void write(String name, ByteBuffer batches) throws IOException {
        byte[] bytes = new byte[batches.remaining()];
        batches.get(bytes);
        byte[] text = utf8(text(bytes));
        out.writeUTF(name);
        out.writeInt(text.length);
        out.write(text);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** Reads what we wrote, in the form of the files but not compressed. */
    static void verify(String path) throws IOException {
        int read = 0;
        try (DataInputStream in = new DataInputStream(new FileInputStream(path))) {
            while (true) {
                String name;
                try {
                    name = in.readUTF();
                } catch (EOFException e) {
                    break;
                }
                String expected = new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
                String text = text(in.readNBytes(in.readInt()));
                if (!text.equals(expected)) {
                    throw new IllegalStateException(name + ": Java reads\n" + text + "and we say\n" + expected);
                }
                read++;
            }
        }
        if (read == 0) {
            throw new IllegalStateException("nothing to verify");
        }
        System.out.println("Java reads " + read + " batches of ours");
    }

    /** A line for each batch, then one for each of its records. */
    static String text(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
            batch.ensureValid();
            text.append("batch offsets ").append(batch.baseOffset()).append(' ').append(batch.lastOffset())
                .append(" leader ").append(batch.partitionLeaderEpoch())
                .append(" codec ").append(batch.compressionType().id)
                .append(" append-time ").append(batch.timestampType() == TimestampType.LOG_APPEND_TIME)
                .append(" transactional ").append(batch.isTransactional())
                .append(" control ").append(batch.isControlBatch())
                .append(" max ").append(batch.maxTimestamp())
                .append(" producer ").append(batch.producerId()).append(' ').append(batch.producerEpoch())
                .append(' ').append(batch.baseSequence())
                .append(" count ").append(batch.countOrNull()).append('\n');
            for (Record record : batch) {
                text.append(record.offset()).append(' ').append(record.timestamp())
                    .append(' ').append(hex(record.key())).append(' ').append(hex(record.value()));
                for (Header header : record.headers()) {
                    byte[] value = header.value();
                    text.append(' ').append(hex(ByteBuffer.wrap(utf8(header.key()))))
                        .append(' ').append(hex(value == null ? null : ByteBuffer.wrap(value)));
                }
                text.append('\n');
            }
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
