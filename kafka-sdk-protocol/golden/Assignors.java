import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * Who gets which partitions by Java's assignors, in groups that are made up from a seed, here and in the client's
 * consumer/group/assignor/tests/made_up.rs alike. With a seed instead of a file it prints that group and what comes of it.
 *
 * <p>A line for each seed: a hash of the group; the scores of `sticky`; those of `cooperative-sticky` after all rounds, if
 * they differ. The first 600 have three hashes more: what `range` and `roundrobin` choose, and the user data of `sticky`.
 * A score is: differences between members, replicas in another rack, partitions that moved; dashes where Java fails, gives a
 * partition to a member that does not subscribe to it, or leaves one out for good.
 *
 * <p>Runs with kafka-clients 4.4.0.
 */
public class Assignors {
    static final int SEEDS = 10_000;
    static final int EXACT = 600;

    public static void main(String[] args) throws Exception {
        if (args[0].matches("[0-9]+")) {
            explain(Integer.parseInt(args[0]));
            return;
        }
        try (Writer out = new OutputStreamWriter(
            new GZIPOutputStream(new FileOutputStream(args[0])), StandardCharsets.UTF_8)) {
            for (int seed = 0; seed < SEEDS; seed++) {
                Group group = new Group(seed);
                String sticky = score(group, new StickyAssignor());
                String cooperative = score(group, new CooperativeStickyAssignor());
                String line = String.format("%04x ", hash(group.text()) & 0xffff) + sticky;
                if (!cooperative.equals(sticky)) {
                    line += " " + cooperative;
                }
                if (seed < EXACT) {
                    String range = text(group, assign(group, new RangeAssignor()));
                    String roundRobin = text(group, assign(group, new RoundRobinAssignor()));
                    line += String.format(
                        " %08x %08x %08x", (int) hash(range), (int) hash(roundRobin), (int) hash(userData(seed)));
                }
                out.write(line + "\n");
            }
        }
    }

    static void explain(int seed) {
        Group group = new Group(seed);
        System.out.println(group.text());
        System.out.println("range\n" + text(group, assign(group, new RangeAssignor())));
        System.out.println("roundrobin\n" + text(group, assign(group, new RoundRobinAssignor())));
        System.out.println("user data of sticky\n" + userData(seed) + "\n");
        System.out.println("sticky " + score(group, new StickyAssignor()));
        System.out.println(text(group, assign(group, new StickyAssignor())));
        System.out.println("cooperative-sticky " + score(group, new CooperativeStickyAssignor()));
        System.out.println(text(group, assign(group, new CooperativeStickyAssignor())));
    }

    /** SplitMix64. */
    static final class Chance {
        long state;

        Chance(long seed) {
            state = seed;
        }

        long next() {
            state += 0x9E3779B97F4A7C15L;
            long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            return z ^ (z >>> 31);
        }

        int below(int count) {
            return (int) Long.remainderUnsigned(next(), count);
        }

        boolean percent(int percent) {
            return below(100) < percent;
        }
    }

    static final class Member {
        String id;
        String instance;
        String rack;
        int generation;
        List<Integer> topics = new ArrayList<>();
        List<TopicPartition> owned = new ArrayList<>();
    }

    static final class Group {
        /** By topic and partition: the racks of the replicas. A topic without partitions does not exist. */
        final List<List<TreeSet<String>>> topics = new ArrayList<>();
        final List<Member> members = new ArrayList<>();

        Group(List<List<TreeSet<String>>> topics) {
            this.topics.addAll(topics);
        }

        Group(int seed) {
            Chance chance = new Chance(seed);
            int topicCount = 1 + chance.below(chance.percent(10) ? 20 : 6);
            int racks = chance.below(4);
            int brokers = 3 + chance.below(4);
            String[] rackOf = new String[brokers];
            for (int i = 0; i < brokers; i++) {
                rackOf[i] = racks == 0 || chance.percent(10) ? null : "r" + chance.below(racks);
            }
            for (int i = 0; i < topicCount; i++) {
                int count = chance.percent(8) ? 0 : 1 + chance.below(chance.percent(10) ? 40 : 12);
                if (i > 0 && chance.percent(40)) {
                    count = topics.get(i - 1).size();
                }
                int replicas = 1 + chance.below(3);
                List<TreeSet<String>> partitions = new ArrayList<>();
                for (int p = 0; p < count; p++) {
                    int first = chance.below(brokers);
                    TreeSet<String> in = new TreeSet<>();
                    for (int k = 0; k < replicas; k++) {
                        String rack = rackOf[(first + k) % brokers];
                        if (rack != null) {
                            in.add(rack);
                        }
                    }
                    partitions.add(in);
                }
                topics.add(partitions);
            }
            join(chance, racks);
            own(chance);
        }

        void join(Chance chance, int racks) {
            int count = 1 + chance.below(chance.percent(10) ? 30 : 8);
            boolean oddIds = chance.percent(20);
            boolean statics = chance.percent(30);
            boolean equal = chance.percent(50);
            String[] prefixes = {"\uff5e", "\ud835\udcb3", "z"};
            for (int i = 0; i < count; i++) {
                Member member = new Member();
                String prefix = oddIds ? prefixes[chance.below(3)] : "c";
                member.id = prefix + "-" + chance.below(1_000_000) + "-" + i;
                if (statics && chance.percent(60)) {
                    member.instance = "i" + chance.below(1_000) + "-" + i;
                }
                if (racks > 0 && chance.percent(80)) {
                    member.rack = "r" + chance.below(racks + 1);
                }
                for (int topic = 0; topic < topics.size(); topic++) {
                    if (equal || chance.percent(60)) {
                        member.topics.add(topic);
                    }
                }
                if (member.topics.isEmpty()) {
                    member.topics.add(chance.below(topics.size()));
                }
                members.add(member);
            }
        }

        void own(Chance chance) {
            int mode = chance.below(4);
            for (Member member : members) {
                member.generation = mode == 0 ? -1 : mode == 3 && chance.percent(20) ? 6 : 7;
            }
            int were = 1 + chance.below(members.size());
            int turn = 0;
            for (int topic = 0; topic < topics.size() && mode > 0; topic++) {
                for (int p = 0; p < topics.get(topic).size(); p++) {
                    TopicPartition partition = new TopicPartition("t" + topic, p);
                    if (mode == 1) {
                        if (chance.percent(80)) {
                            members.get(chance.below(members.size())).owned.add(partition);
                        }
                        continue;
                    }
                    int owner = turn++ % were;
                    if (members.get(owner).topics.contains(topic)) {
                        members.get(owner).owned.add(partition);
                    }
                    int other = chance.below(members.size());
                    if (mode == 3 && chance.percent(10) && other != owner) {
                        members.get(other).owned.add(partition);
                    }
                }
            }
        }

        String text() {
            StringBuilder text = new StringBuilder();
            for (int topic = 0; topic < topics.size(); topic++) {
                text.append("t").append(topic).append(' ').append(topics.get(topic).size());
                for (TreeSet<String> racks : topics.get(topic)) {
                    text.append(' ').append(racks.isEmpty() ? "-" : String.join(",", racks));
                }
                text.append('\n');
            }
            for (Member m : members) {
                text.append(m.id).append(' ').append(m.instance == null ? "-" : m.instance);
                text.append(' ').append(m.rack == null ? "-" : m.rack).append(' ').append(m.generation);
                m.topics.forEach(topic -> text.append(" t").append(topic));
                m.owned.forEach(partition -> text.append(' ').append(partition));
                text.append('\n');
            }
            return text.toString();
        }

        Cluster cluster() {
            Map<String, Node> nodes = new HashMap<>();
            for (List<TreeSet<String>> topic : topics) {
                for (TreeSet<String> racks : topic) {
                    for (String rack : racks) {
                        nodes.computeIfAbsent(rack, r -> new Node(nodes.size(), "h", 9092, r));
                    }
                }
            }
            Node without = new Node(99, "h", 9092);
            List<PartitionInfo> partitions = new ArrayList<>();
            for (int topic = 0; topic < topics.size(); topic++) {
                for (int p = 0; p < topics.get(topic).size(); p++) {
                    TreeSet<String> racks = topics.get(topic).get(p);
                    Node[] replicas = racks.isEmpty()
                        ? new Node[] {without} : racks.stream().map(nodes::get).toArray(Node[]::new);
                    partitions.add(new PartitionInfo("t" + topic, p, replicas[0], replicas, replicas));
                }
            }
            Set<Node> all = new HashSet<>(nodes.values());
            all.add(without);
            return new Cluster("c", all, partitions, Set.of(), Set.of());
        }
    }

    static Map<String, List<TopicPartition>> assign(Group group, ConsumerPartitionAssignor assignor) {
        Map<String, Subscription> subscriptions = new HashMap<>();
        for (Member member : group.members) {
            List<String> topics = member.topics.stream().map(topic -> "t" + topic).toList();
            ByteBuffer data = null;
            if (assignor instanceof StickyAssignor && member.generation >= 0) {
                data = userData(member.owned, member.generation);
            }
            Subscription subscription = new Subscription(
                topics, data, member.owned, member.generation, Optional.ofNullable(member.rack));
            subscription.setGroupInstanceId(Optional.ofNullable(member.instance));
            subscriptions.put(member.id, subscription);
        }
        Map<String, List<TopicPartition>> assigned = new HashMap<>();
        assignor.assign(group.cluster(), new GroupSubscription(subscriptions)).groupAssignment()
            .forEach((id, assignment) -> assigned.put(id, assignment.partitions()));
        return assigned;
    }

    @SuppressWarnings("removal")
    static ByteBuffer userData(List<TopicPartition> owned, int generation) {
        StickyAssignor assignor = new StickyAssignor();
        ConsumerGroupMetadata metadata = new ConsumerGroupMetadata("g", generation, "m", Optional.empty());
        assignor.onAssignment(new Assignment(owned), metadata);
        return assignor.subscriptionUserData(Set.of());
    }

    /** What `sticky` sends for an assignment of topics with many names, as hexadecimal digits. */
    static String userData(int seed) {
        Chance chance = new Chance(seed);
        List<TopicPartition> owned = new ArrayList<>();
        int topics = chance.below(100);
        for (int i = 0; i < topics; i++) {
            String topic = (chance.percent(50) ? "orders." : "päyments-") + chance.below(100_000);
            for (int p = chance.below(3); p >= 0; p--) {
                owned.add(new TopicPartition(topic, p));
            }
        }
        owned.sort(Comparator.comparing(TopicPartition::partition));
        StringBuilder text = new StringBuilder();
        ByteBuffer data = userData(owned, chance.below(1_000));
        while (data.hasRemaining()) {
            text.append(String.format("%02x", data.get()));
        }
        return text.toString();
    }

    static final Comparator<TopicPartition> ORDER =
        Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

    static String text(Group group, Map<String, List<TopicPartition>> assigned) {
        StringBuilder text = new StringBuilder();
        for (Member member : group.members) {
            text.append(member.id);
            assigned.get(member.id).stream().sorted(ORDER).forEach(p -> text.append(' ').append(p));
            text.append('\n');
        }
        return text.toString();
    }

    static String score(Group group, ConsumerPartitionAssignor assignor) {
        Map<String, List<TopicPartition>> assigned;
        try {
            assigned = assign(group, assignor);
            if (assignor instanceof CooperativeStickyAssignor) {
                assigned = settle(group, assigned);
            }
        } catch (RuntimeException error) {
            return "- - -";
        }
        if (!isWhole(group, assigned)) {
            return "- - -";
        }
        return differences(assigned) + " " + mismatches(group, assigned) + " " + moves(group, assigned);
    }

    /** Rounds of the cooperative protocol, until everybody has what is meant for it. */
    static Map<String, List<TopicPartition>> settle(Group start, Map<String, List<TopicPartition>> first) {
        Group group = new Group(start.topics);
        Map<String, List<TopicPartition>> assigned = first;
        for (int round = 0; round < 4; round++) {
            group.members.clear();
            for (Member before : start.members) {
                Member member = new Member();
                member.id = before.id;
                member.instance = before.instance;
                member.rack = before.rack;
                member.topics = before.topics;
                member.generation = 8 + round;
                member.owned = assigned.get(before.id);
                group.members.add(member);
            }
            assigned = assign(group, new CooperativeStickyAssignor());
        }
        return assigned;
    }

    /** Whether each partition that somebody subscribes to is with one of them. */
    static boolean isWhole(Group group, Map<String, List<TopicPartition>> assigned) {
        Set<TopicPartition> open = new HashSet<>();
        for (Member member : group.members) {
            for (int topic : member.topics) {
                for (int p = 0; p < group.topics.get(topic).size(); p++) {
                    open.add(new TopicPartition("t" + topic, p));
                }
            }
        }
        for (Member member : group.members) {
            for (TopicPartition partition : assigned.get(member.id)) {
                int topic = Integer.parseInt(partition.topic().substring(1));
                if (!member.topics.contains(topic) || !open.remove(partition)) {
                    return false;
                }
            }
        }
        return open.isEmpty();
    }

    static int differences(Map<String, List<TopicPartition>> assigned) {
        int[] loads = assigned.values().stream().mapToInt(List::size).toArray();
        int sum = 0;
        for (int i = 0; i < loads.length; i++) {
            for (int k = 0; k < i; k++) {
                sum += Math.abs(loads[i] - loads[k]);
            }
        }
        return sum;
    }

    /** Partitions of members that have a rack, but no replica in it; 0 where Java does not look at racks. */
    static int mismatches(Group group, Map<String, List<TopicPartition>> assigned) {
        Set<String> ofMembers = new HashSet<>();
        Set<Integer> subscribed = new HashSet<>();
        for (Member member : group.members) {
            subscribed.addAll(member.topics);
            if (member.rack != null) {
                ofMembers.add(member.rack);
            }
        }
        Set<String> ofPartitions = new HashSet<>();
        List<Set<String>> partitions = new ArrayList<>();
        subscribed.forEach(topic -> partitions.addAll(group.topics.get(topic)));
        partitions.forEach(ofPartitions::addAll);
        ofMembers.retainAll(ofPartitions);
        if (ofMembers.isEmpty() || partitions.stream().allMatch(ofPartitions::equals)) {
            return 0;
        }
        int sum = 0;
        for (Member member : group.members) {
            for (TopicPartition partition : assigned.get(member.id)) {
                int topic = Integer.parseInt(partition.topic().substring(1));
                if (member.rack != null && !group.topics.get(topic).get(partition.partition()).contains(member.rack)) {
                    sum++;
                }
            }
        }
        return sum;
    }

    /** Partitions that are not with the one member of the highest generation that had them and may keep them. */
    static int moves(Group group, Map<String, List<TopicPartition>> assigned) {
        Map<TopicPartition, Member> owners = new HashMap<>();
        Set<TopicPartition> disputed = new HashSet<>();
        for (Member member : group.members) {
            for (TopicPartition partition : member.owned) {
                Member other = owners.get(partition);
                if (other == null || other.generation < member.generation) {
                    owners.put(partition, member);
                    disputed.remove(partition);
                } else if (other.generation == member.generation) {
                    disputed.add(partition);
                }
            }
        }
        owners.keySet().removeAll(disputed);
        int[] sum = {0};
        owners.forEach((partition, owner) -> {
            int topic = Integer.parseInt(partition.topic().substring(1));
            if (owner.topics.contains(topic) && !assigned.get(owner.id).contains(partition)) {
                sum[0]++;
            }
        });
        return sum[0];
    }

    /** FNV-1a. */
    static long hash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        return hash;
    }
}
