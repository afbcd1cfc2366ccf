#include "engine/app/visit_records.h"

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr Duration kPollTimeout = std::chrono::seconds(1);
constexpr int kSilentPolls = 30;

}  // namespace

Status VisitRecords(Log& log, const TopicPartition& of, int64_t next, const RecordVisitor& visit) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Reader> reader, log.NewReader(of, next));
  const std::unique_ptr<RecordBatch> batch = reader->NewBatch();
  int silent = 0;
  for (bool at_end = false; !at_end;) {
    batch->Clear();
    BONGSU_RETURN_IF_ERROR(reader->Poll(kPollTimeout, batch.get(), &at_end));
    for (const Record& record : batch->records()) BONGSU_RETURN_IF_ERROR(visit(record));
    silent = batch->records().empty() ? silent + 1 : 0;
    if (silent > kSilentPolls) {
      return Status::Unavailable(StrCat(of.topic, "-", of.partition, ": nothing comes from offset ",
                                        reader->next(), " on; is a broker reachable?"));
    }
  }
  return Status::Ok();
}

Status VisitTopic(Log& log, const std::string& topic, const RecordVisitor& visit) {
  BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, log.Partitions(topic));
  for (int32_t partition = 0; partition < partitions; ++partition)
    BONGSU_RETURN_IF_ERROR(VisitRecords(log, {topic, partition}, 0, visit));
  return Status::Ok();
}

}  // namespace bongsu
