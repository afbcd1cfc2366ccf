// The committed records of a log, one after the other: for whatever the composition root reads to
// its end. One thread.
#pragma once

#include <functional>
#include <string>

#include "engine/core/log.h"

namespace bongsu {

using RecordVisitor = std::function<Status(const Record&)>;

// Every committed record from `next` on, up to the end as it is when it is reached. kUnavailable
// when nothing comes for half a minute.
Status VisitRecords(Log& log, const TopicPartition& of, int64_t next, const RecordVisitor& visit);
// All of a topic, one partition after the other.
Status VisitTopic(Log& log, const std::string& topic, const RecordVisitor& visit);

}  // namespace bongsu
