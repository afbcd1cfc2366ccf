import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.tools.AclCommand;
import org.apache.kafka.tools.TopicCommand;

/**
 * Runs kafka-topics.sh and kafka-acls.sh lines as an admin would, in one process: Admin PIPE BOOTSTRAP. Says after
 * each line that it is done or has failed.
 */
public final class Admin {
  private static final class Failed extends RuntimeException {}

  private static boolean failed = false;

  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    for (char c : (line + " ").toCharArray()) {
      if (c == '\'') {
        quoted = !quoted;
      } else if (c == ' ' && !quoted) {
        if (word.length() > 0) words.add(word.toString());
        word.setLength(0);
      } else {
        word.append(c);
      }
    }
    return words;
  }

  private static Collection<AclBinding> rules(AdminClient admin) throws Exception {
    return List.copyOf(admin.describeAcls(AclBindingFilter.ANY).values().get());
  }

  /** The command returns when the controllers know; the broker that decides hears of it a moment later. */
  private static void changeRules(AdminClient admin, String[] arguments) throws Exception {
    Collection<AclBinding> before = rules(admin);
    AclCommand.main(arguments);
    long end = System.nanoTime() + 1_000_000_000L;
    while (!failed && rules(admin).equals(before) && System.nanoTime() < end) Thread.sleep(5);
  }

  private static void run(AdminClient admin, List<String> words) throws Exception {
    String[] arguments = words.subList(1, words.size()).toArray(new String[0]);
    switch (words.get(0)) {
      case "kafka-topics.sh" -> TopicCommand.main(arguments);
      case "kafka-acls.sh" -> changeRules(admin, arguments);
      default -> throw new IllegalArgumentException("no such command: " + words.get(0));
    }
  }

  public static void main(String[] arguments) throws Exception {
    // The commands end the process; here they end the line.
    Exit.setExitProcedure(
        (code, message) -> {
          if (code == 0) return;
          failed = true;
          throw new Failed();
        });
    try (AdminClient admin = AdminClient.create(Map.of("bootstrap.servers", arguments[1]));
        BufferedReader lines = Files.newBufferedReader(Path.of(arguments[0]))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        failed = false;
        try {
          run(admin, words(line));
        } catch (Failed expected) {
          // The command has said why.
        }
        System.out.println(failed ? "\nadmin: failed: " + line : "\nadmin: done");
      }
    }
  }
}
