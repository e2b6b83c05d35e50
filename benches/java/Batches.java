import java.io.*;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Utils;

/**
 * Record batches, written and read by kafka-clients' own classes: from standard input to standard output.
 *
 * <pre>
 * read   [batches]*                                  ->  [records]*
 * write  [codec, log append time or -1, records]*    ->  [batches]*
 * batches = bytes
 * records = count, then for each: offset, timestamp, key, value, number of headers, then for each: name, value
 * bytes   = length or -1, bytes
 * </pre>
 * Offsets, timestamps and the log append time have 64 bits, other numbers 32, the codec is its name.
 */
public class Batches {
    private static final DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
    private static final DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out));

    public static void main(String[] args) throws IOException {
        boolean write = args[0].equals("write");
        in.mark(1);
        while (in.read() >= 0) {
            in.reset();
            if (write) {
                writeBatch();
            } else {
                readBatches();
            }
            in.mark(1);
        }
        out.flush();
    }

    private static void readBatches() throws IOException {
        MemoryRecords fetched = MemoryRecords.readableRecords(ByteBuffer.wrap(get()));
        List<Record> records = new ArrayList<>();
        for (RecordBatch batch : fetched.batches()) {
            batch.ensureValid();
            for (Record record : batch) {
                record.ensureValid();
                records.add(record);
            }
        }
        out.writeInt(records.size());
        for (Record record : records) {
            out.writeLong(record.offset());
            out.writeLong(record.timestamp());
            put(Utils.toNullableArray(record.key()));
            put(Utils.toNullableArray(record.value()));
            out.writeInt(record.headers().length);
            for (Header header : record.headers()) {
                put(Utils.utf8(header.key()));
                put(header.value());
            }
        }
    }

    private static void writeBatch() throws IOException {
        Compression codec = Compression.of(new String(get(), "UTF-8")).build();
        long logAppendTime = in.readLong();
        TimestampType type = logAppendTime < 0 ? TimestampType.CREATE_TIME : TimestampType.LOG_APPEND_TIME;
        int count = in.readInt();
        MemoryRecordsBuilder batch = null;
        for (int i = 0; i < count; i++) {
            long offset = in.readLong();
            long timestamp = in.readLong();
            byte[] key = get();
            byte[] value = get();
            Header[] headers = new Header[in.readInt()];
            for (int h = 0; h < headers.length; h++) {
                headers[h] = new RecordHeader(new String(get(), "UTF-8"), get());
            }
            if (batch == null) {
                ByteBuffer buffer = ByteBuffer.allocate(1024);
                batch = MemoryRecords.builder(buffer, RecordBatch.CURRENT_MAGIC_VALUE, codec, type, offset, logAppendTime);
            }
            batch.appendWithOffset(offset, timestamp, key, value, headers);
        }
        put(Utils.toArray(batch.build().buffer()));
    }

    private static byte[] get() throws IOException {
        int length = in.readInt();
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    private static void put(byte[] bytes) throws IOException {
        out.writeInt(bytes == null ? -1 : bytes.length);
        if (bytes != null) {
            out.write(bytes);
        }
    }
}
