import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;

/**
 * Every message that a broker's listener takes or gives, in every version that the kafka-clients jar on the class path
 * knows, as Java writes it: whole frames of header and message, without the length. README.md has the form of the file.
 *
 * <p>What stands in a field follows from the hash of its place, so that another program can make the same message:
 * tests/golden/place.rs is this rule in Rust. Which fields a version has, and which of them can be null, is taken from
 * the SCHEMA_n of Kafka's generated classes, not from the JSON files that the Rust code is made of.
 *
 * <p>Runs with kafka-clients 3.3.2 and 4.4.0.
 */
public class Messages {
    static final List<String> CASES = List.of("defaults", "full", "nulls", "zeros", "unknown-tags");

    /** Fields that had another name in 3.3.2: the hash is that of today's. */
    static final Map<String, String> RENAMED = Map.ofEntries(
        Map.entry("AddPartitionsToTxnRequest.transactionalid", "v3andbelowtransactionalid"),
        Map.entry("AddPartitionsToTxnRequest.producerid", "v3andbelowproducerid"),
        Map.entry("AddPartitionsToTxnRequest.producerepoch", "v3andbelowproducerepoch"),
        Map.entry("AddPartitionsToTxnRequest.topics", "v3andbelowtopics"),
        Map.entry("AddPartitionsToTxnResponse.results", "resultsbytopicv3andbelow"),
        Map.entry("AddPartitionsToTxnTopicResult.results", "resultsbypartition"),
        Map.entry("AddPartitionsToTxnPartitionResult.errorcode", "partitionerrorcode"),
        Map.entry("OffsetCommitRequest.generationid", "generationidormemberepoch"),
        Map.entry("TxnOffsetCommitRequest.generationid", "generationidormemberepoch"));

    /** From this length on, records and bytes are shared and not copied by the Rust writer. */
    static final int LONG = 1500;

    public static void main(String[] args) throws Exception {
        try (FileOutputStream file = new FileOutputStream(args[0]);
             DataOutputStream out = new DataOutputStream(new GZIPOutputStream(file))) {
            for (ApiMessageType type : ApiMessageType.values()) {
                if (type.listeners().stream().anyMatch(l -> l.name().equals("BROKER"))) {
                    pair(out, type);
                }
            }
            for (Class<?> type : dataClasses()) {
                data(out, type);
            }
        }
    }

    /** Requests and responses of one API. */
    static void pair(DataOutputStream out, ApiMessageType api) throws Exception {
        for (String test : CASES) {
            for (short v = first(api.newRequest()); v <= last(api.newRequest()); v++) {
                Message request = message(test, api.newRequest(), v);
                if (request != null) {
                    short headerVersion = api.requestHeaderVersion(v);
                    Place place = new Place(test, name(request) + ".header");
                    RequestHeaderData header = new RequestHeaderData();
                    fill(place, header, schema(RequestHeaderData.class, headerVersion));
                    header.setRequestApiKey(api.apiKey()).setRequestApiVersion(v);
                    write(out, test, request, v, bytes(header, headerVersion), bytes(request, v));
                }
            }
            for (short v = first(api.newResponse()); v <= last(api.newResponse()); v++) {
                Message response = message(test, api.newResponse(), v);
                if (response != null) {
                    short headerVersion = api.responseHeaderVersion(v);
                    Place place = new Place(test, name(response) + ".header");
                    ResponseHeaderData header = new ResponseHeaderData();
                    fill(place, header, schema(ResponseHeaderData.class, headerVersion));
                    write(out, test, response, v, bytes(header, headerVersion), bytes(response, v));
                }
            }
        }
    }

    /** A message that is neither request nor response: no header. */
    static void data(DataOutputStream out, Class<?> type) throws Exception {
        for (String test : CASES) {
            Message blank = (Message) type.getConstructor().newInstance();
            for (short v = first(blank); v <= last(blank); v++) {
                Message message = message(test, (Message) type.getConstructor().newInstance(), v);
                if (message != null) {
                    write(out, test, message, v, bytes(message, v));
                }
            }
        }
    }

    static List<Class<?>> dataClasses() throws Exception {
        Path jar = Path.of(ApiMessageType.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Map<String, Class<?>> found = new TreeMap<>();
        try (JarFile file = new JarFile(jar.toFile())) {
            for (var entry : (Iterable<java.util.jar.JarEntry>) file.stream()::iterator) {
                String name = entry.getName();
                // The JsonConverters of a class need a jar that is not there.
                if (!name.matches("org/apache/kafka/common/message/[A-Za-z]+(?<!(Request|Response)Data|Converter).class")) {
                    continue;
                }
                Class<?> type = Class.forName(name.substring(0, name.length() - 6).replace('/', '.'));
                if (Message.class.isAssignableFrom(type)) {
                    found.put(name, type);
                }
            }
        }
        return new ArrayList<>(found.values());
    }

    /** `blank` filled; null where there is no such case. */
    static Message message(String test, Message blank, short version) throws Exception {
        Schema schema = schema(blank.getClass(), version);
        if (test.equals("unknown-tags") && !isFlexible(schema)) {
            return null;
        }
        fill(new Place(test, name(blank)), blank, schema);
        return blank;
    }

    static short first(Message message) {
        return message.lowestSupportedVersion();
    }

    /** The highest version, whether it is stable or not. */
    static short last(Message message) throws Exception {
        return message.getClass().getField("HIGHEST_SUPPORTED_VERSION").getShort(null);
    }

    /** Kafka's name for the message: its classes end in Data, unless it is data. */
    static String name(Message message) {
        String name = message.getClass().getSimpleName();
        return name.matches(".*(Request|Response|Header)Data") ? name.substring(0, name.length() - 4) : name;
    }

    static Schema schema(Class<?> type, short version) throws Exception {
        return ((Schema[]) type.getField("SCHEMAS").get(null))[version];
    }

    static byte[] bytes(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        MessageSizeAccumulator size = new MessageSizeAccumulator();
        message.addSize(size, cache, version);
        ByteBuffer buffer = ByteBuffer.allocate(size.totalSize());
        message.write(new ByteBufferAccessor(buffer), cache, version);
        if (buffer.hasRemaining()) {
            throw new IllegalStateException(name(message) + " is shorter than its size");
        }
        return buffer.array();
    }

    static void write(DataOutputStream out, String test, Message message, short version, byte[]... parts)
            throws Exception {
        out.writeUTF(name(message) + " " + version + " " + test);
        out.writeInt(0);
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        out.writeInt(length);
        for (byte[] part : parts) {
            out.write(part);
        }
    }

    // From here on: what stands in which field.

    static boolean isFlexible(Schema schema) {
        BoundField[] fields = schema.fields();
        return fields.length > 0 && fields[fields.length - 1].def.type instanceof TaggedFields;
    }

    @SuppressWarnings("unchecked")
    static void fill(Place place, Message target, Schema schema) throws Exception {
        if (target instanceof FetchRequestData) {
            // 0 was its default in 3.3.2; today it is this.
            ((FetchRequestData) target).setReplicaId(-1);
        }
        if (place.test.equals("defaults")) {
            return;
        }
        for (BoundField field : schema.fields()) {
            if (field.def.type instanceof TaggedFields) {
                Field fields = TaggedFields.class.getDeclaredField("fields");
                fields.setAccessible(true);
                var tagged = (Map<Integer, org.apache.kafka.common.protocol.types.Field>) fields.get(field.def.type);
                for (var one : tagged.values()) {
                    set(place, target, one.name, one.type);
                }
            } else {
                set(place, target, field.def.name, field.def.type);
            }
        }
        if (place.test.equals("unknown-tags") && isFlexible(schema)) {
            target.unknownTaggedFields().add(new RawTaggedField(1000, new byte[] {1, 2, 3}));
            target.unknownTaggedFields().add(new RawTaggedField(3_000_000, new byte[0]));
        }
    }

    static void set(Place place, Message target, String name, org.apache.kafka.common.protocol.types.Type type)
            throws Exception {
        String plain = name.replace("_", "").toLowerCase();
        Method setter = null;
        Method getter = null;
        for (Method method : target.getClass().getMethods()) {
            if (method.getName().equalsIgnoreCase("set" + plain) && method.getParameterCount() == 1) {
                setter = method;
            }
            if (method.getName().equalsIgnoreCase(plain) && method.getParameterCount() == 0) {
                getter = method;
            }
        }
        Place at = place.child(RENAMED.getOrDefault(name(target) + "." + plain, plain));
        // The SCHEMA_n does not say it of records: all but those of ShareFetch can be null.
        boolean isNullable = type.toString().matches("(COMPACT_)?RECORDS")
            ? !target.getClass().getName().contains("ShareFetchResponse") : type.isNullable();
        boolean isNull = place.test.equals("nulls") && isNullable;
        Object value = isNull ? null : value(at, type, setter.getGenericParameterTypes()[0], getter.invoke(target));
        setter.invoke(target, new Object[] {value});
    }

    static Object value(Place at, org.apache.kafka.common.protocol.types.Type type, Type java, Object unset)
            throws Exception {
        if (type.isArray()) {
            return array(at, type.arrayElementType().get(), java);
        }
        if (type instanceof Schema) {
            Message struct = (Message) ((Class<?>) java).getConstructor().newInstance();
            fill(at, struct, (Schema) type);
            return struct;
        }
        String name = type.toString().replace("COMPACT_", "").replace("NULLABLE_", "");
        switch (name) {
            case "BOOLEAN":
                return !at.isZeros() && !(unset instanceof Boolean && (boolean) unset);
            case "INT8":
                return (byte) at.number(8, unset);
            case "INT16":
                return (short) at.number(16, unset);
            case "UINT16":
                return (int) (at.number(16, unset) & 0xffff);
            case "INT32":
                return (int) at.number(32, unset);
            case "UINT32":
                return at.number(32, unset) & 0xffffffffL;
            case "INT64":
                return at.number(64, unset);
            case "FLOAT64":
                return at.fraction();
            case "UUID":
                return at.uuid();
            case "STRING":
                return at.string();
            case "BYTES":
                return java == ByteBuffer.class ? ByteBuffer.wrap(at.bytes()) : at.bytes();
            case "RECORDS":
                return records(at.bytes());
            default:
                throw new IllegalStateException("type " + type);
        }
    }

    @SuppressWarnings("unchecked")
    static Object array(Place at, org.apache.kafka.common.protocol.types.Type element, Type java) throws Exception {
        boolean struct = element instanceof Schema;
        Collection<Object> array = new ArrayList<>();
        Type of;
        if (java instanceof ParameterizedType) {
            of = ((ParameterizedType) java).getActualTypeArguments()[0];
        } else {
            // A collection with keys: it keeps the order in which elements come.
            Class<?> type = (Class<?>) java;
            array = (Collection<Object>) type.getConstructor().newInstance();
            of = ((ParameterizedType) type.getGenericSuperclass()).getActualTypeArguments()[0];
        }
        boolean number = !struct && element.toString().contains("INT");
        int count = at.isZeros() ? (struct ? 1 : 0) : number && (at.hash() & 3) == 3 ? 130 : 2;
        for (int i = 0; i < count; i++) {
            if (!array.add(value(at.child(Integer.toString(i)), element, of, null))) {
                throw new IllegalStateException("twice the same key");
            }
        }
        return array;
    }

    /** The class moved. */
    static Object records(byte[] bytes) throws Exception {
        Class<?> type;
        try {
            type = Class.forName("org.apache.kafka.common.record.internal.MemoryRecords");
        } catch (ClassNotFoundException e) {
            type = Class.forName("org.apache.kafka.common.record.MemoryRecords");
        }
        return type.getMethod("readableRecords", ByteBuffer.class).invoke(null, ByteBuffer.wrap(bytes));
    }

    /** Case, message, and the names and indices that lead to a field: what its value is made of. */
    static final class Place {
        final String test;
        final String path;

        Place(String test, String path) {
            this.test = test;
            this.path = path;
        }

        Place child(String name) {
            return new Place(test, path + "." + name);
        }

        boolean isZeros() {
            return test.equals("zeros");
        }

        /** FNV-1a over the path, and a finish that lets every bit depend on every byte (that of MurmurHash3). */
        long hash() {
            String values = test.equals("unknown-tags") ? "full" : test;
            long hash = 0xcbf29ce484222325L;
            for (byte b : (values + ":" + path).getBytes(StandardCharsets.UTF_8)) {
                hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
            }
            return mix(hash);
        }

        static long mix(long hash) {
            hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
            hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
            return hash ^ hash >>> 33;
        }

        /** The two ends, -1, a small one, or anything; another one than what stands there unset. */
        long number(int bits, Object unset) {
            if (isZeros()) {
                return 0;
            }
            long hash = hash();
            long value;
            switch ((int) (hash & 7)) {
                case 0: value = (1L << bits - 1) - 1; break;
                case 1: value = -1L << bits - 1; break;
                case 2: value = -1; break;
                case 3: value = hash >>> 8 & 63; break;
                default: value = hash >> 8 << 64 - bits >> 64 - bits; break;
            }
            // Unsigned numbers are wider in Java than on the wire.
            boolean same = unset instanceof Number && (((Number) unset).longValue() ^ value) << 64 - bits == 0;
            return same ? 77 : value;
        }

        double fraction() {
            if (isZeros()) {
                return 0;
            }
            long hash = hash();
            switch ((int) (hash & 7)) {
                case 0: return Double.MAX_VALUE;
                case 1: return Double.MIN_NORMAL;
                case 2: return Double.NEGATIVE_INFINITY;
                default: return (int) (hash >> 8) / 8.0;
            }
        }

        Uuid uuid() {
            return isZeros() ? Uuid.ZERO_UUID : new Uuid(hash(), mix(hash()));
        }

        String string() {
            if (isZeros()) {
                return "";
            }
            long hash = hash();
            String hex = String.format("%08x", (int) (hash >>> 32));
            switch ((int) (hash & 3)) {
                case 0: return hex + "-Ω-日本-🦀";
                case 1: return hex + "🦀 long ".repeat(20);
                default: return "s" + hex;
            }
        }

        byte[] bytes() {
            if (isZeros()) {
                return new byte[0];
            }
            long hash = hash();
            int[] lengths = {1, 20, 200, LONG};
            byte[] bytes = new byte[lengths[(int) (hash & 3)]];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) ((hash >>> 16) + i * (hash >>> 24 | 1));
            }
            return bytes;
        }
    }
}
