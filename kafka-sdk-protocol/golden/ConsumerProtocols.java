import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;

/**
 * What members of a classic group tell each other through the coordinator: subscriptions and assignments in all
 * versions, as Java's consumer serializes them. The values stand here and in tests/golden/consumer_protocol.rs.
 *
 * <p>Runs with kafka-clients 4.4.0.
 */
public class ConsumerProtocols {
    public static void main(String[] args) throws Exception {
        List<TopicPartition> partitions = List.of(
            new TopicPartition("orders", 0), new TopicPartition("orders", 130), new TopicPartition("päyments-日本", 7));
        List<String> topics = List.of("orders", "päyments-日本");
        ByteBuffer data = ByteBuffer.wrap("user data".getBytes(StandardCharsets.UTF_8));
        Subscription full = new Subscription(topics, data, partitions, 42, Optional.of("rack-1"));
        Subscription bare = new Subscription(topics);
        try (FileOutputStream file = new FileOutputStream(args[0]);
             DataOutputStream out = new DataOutputStream(new GZIPOutputStream(file))) {
            for (short version = 0; version <= 3; version++) {
                write(out, "subscription full " + version, ConsumerProtocol.serializeSubscription(full, version));
                write(out, "subscription bare " + version, ConsumerProtocol.serializeSubscription(bare, version));
                Assignment assignment = new Assignment(partitions, data);
                write(out, "assignment full " + version, ConsumerProtocol.serializeAssignment(assignment, version));
                Assignment none = new Assignment(List.of());
                write(out, "assignment bare " + version, ConsumerProtocol.serializeAssignment(none, version));
            }
        }
    }

    static void write(DataOutputStream out, String name, ByteBuffer message) throws IOException {
        byte[] bytes = new byte[message.remaining()];
        message.get(bytes);
        out.writeUTF(name);
        out.writeInt(0);
        out.writeInt(bytes.length);
        out.write(bytes);
    }
}
