#include "tests/faults/nodes.h"

#include <librdkafka/rdkafka.h>

#include "engine/base/strings.h"
#include "tests/support/kafka_cluster_tools.h"

namespace bongsu::faults {
namespace {

// `harm`, a while, `mend`; the outage lasts until that is done.
bool Harm(Scene& scene, int node, BrokerHand::Job harm, Scene::Span span, BrokerHand::Job mend) {
  if (node < 0 || scene.node_down >= 0) return false;
  scene.node_down = node;
  const size_t outage = scene.BeginOutage();
  scene.brokers.Do(std::move(harm));
  scene.After(span, [&scene, outage, mend = std::move(mend)] {
    scene.brokers.Do(mend, [&scene, outage](const Status& status) {
      if (!status.ok()) scene.errors.push_back(status.message());
      scene.node_down = -1;
      scene.watch.EndOutage(outage);
    });
  });
  return true;
}

}  // namespace

int AnyNode(Scene& scene) {
  const auto nodes = static_cast<uint64_t>(scene.brokers.broker().cluster().nodes());
  return static_cast<int>(scene.random.Below(nodes));
}

int LeaderOf(Scene& scene, const std::string& topic) {
  const Handle handle = NewHandle(
      RD_KAFKA_PRODUCER, {{"bootstrap.servers", scene.brokers.broker().cluster().direct()}});
  rd_kafka_topic_t* const of = rd_kafka_topic_new(handle.get(), topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  int leader = -1;
  const uint64_t which = scene.random.Below(1 << 16);
  if (rd_kafka_metadata(handle.get(), 0, of, &metadata, 2000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt > 0) {
      const auto& partitions = metadata->topics[0];
      leader =
          partitions.partitions[which % static_cast<uint64_t>(partitions.partition_cnt)].leader;
    }
    rd_kafka_metadata_destroy(metadata);
  }
  rd_kafka_topic_destroy(of);
  return leader;
}

bool KillNode(Scene& scene, int node) {
  return Harm(
      scene, node,
      [node](KafkaCluster& cluster) {
        cluster.Kill(node);
        return Status::Ok();
      },
      scene.Between(200, 4000), [node](KafkaCluster& cluster) { return cluster.Restart(node); });
}

bool PauseNode(Scene& scene, int node, Scene::Span span) {
  return Harm(
      scene, node,
      [node](KafkaCluster& cluster) {
        cluster.Pause(node);
        return Status::Ok();
      },
      span,
      [node](KafkaCluster& cluster) {
        cluster.Continue(node);
        return Status::Ok();
      });
}

bool RestartNode(Scene& scene, int node) {
  return Harm(
      scene, node,
      [node](KafkaCluster& cluster) {
        cluster.Stop(node);
        return Status::Ok();
      },
      Scene::Span(0), [node](KafkaCluster& cluster) { return cluster.Restart(node); });
}

}  // namespace bongsu::faults
