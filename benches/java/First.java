import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * The task `first` of benches/src/harness/job.rs: from subscribing in a new group to the first record. The arguments are
 * servers, topic, what the names of the groups begin with, how many there are, and group.protocol.
 */
public class First {
    public static void main(String[] args) {
        System.out.println("Java " + AppInfoParser.getVersion());
        for (int number = 0; number < Integer.parseInt(args[3]); number++) {
            Map<String, Object> settings = Map.of(
                "bootstrap.servers", args[0],
                "group.id", args[2] + "-" + number,
                "group.protocol", args[4],
                "auto.offset.reset", "earliest");
            var bytes = new ByteArrayDeserializer();
            try (var consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
                long subscribed = System.nanoTime();
                consumer.subscribe(List.of(args[1]));
                while (consumer.poll(Duration.ofSeconds(30)).isEmpty()) { }
                System.out.println("first=" + (System.nanoTime() - subscribed) / 1e3);
            }
        }
    }
}
