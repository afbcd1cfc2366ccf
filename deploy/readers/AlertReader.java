import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileReader;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Prints every finding once, as it stands now: java -cp 'kafka-clients and jackson-databind' AlertReader.java
 * reader.properties bongsu.alerts. A service does the same for good: subscribe instead of assign, and an upsert by uid
 * into its own table instead of the map; commit the position after the upsert, so that a crash repeats and never skips.
 */
public final class AlertReader {
  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    try (FileReader file = new FileReader(arguments[0])) {
      properties.load(file);
    }
    ObjectMapper json = new ObjectMapper();
    Map<String, String> findings = new LinkedHashMap<>();
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(properties)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(arguments[1]).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      // Of committed records, like all that this consumer is told.
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(of -> consumer.position(of) < ends.get(of))) {
        for (ConsumerRecord<String, String> alert : consumer.poll(Duration.ofSeconds(1))) {
          // A finding keeps its partition, so what comes later is newer.
          findings.put(json.readTree(alert.value()).at("/finding_info/uid").asText(), alert.value());
        }
      }
    }
    findings.values().forEach(System.out::println);
  }
}
