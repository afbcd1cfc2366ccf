// A trial of the engine: events in which it is known who does wrong (a generated bank, or a log
// with insiders planted in it) as files, replayed and judged. What `demo`, `generate` and the
// measurement of quality share. One thread each; several may run at once on files of their own.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/engine_config.h"
#include "engine/app/judge.h"
#include "engine/app/replay.h"
#include "engine/generate/bank.h"
#include "engine/generate/log_reader.h"
#include "engine/io/file/json_lines_writer.h"

namespace bongsu {

Status WriteLabelsFile(std::span<const Label> labels, const std::string& path);

// people.csv, resources.csv and approvals.csv in `directory`, which is made.
Status WriteTables(const Bank& bank, const std::string& directory);

// The events of a Bank or an Injection, a line each.
template <typename Stream>
Status WriteEvents(const Stream& stream, const std::string& path) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<JsonLinesWriter> file, JsonLinesWriter::Make(path));
  BONGSU_RETURN_IF_ERROR(stream.ForEachEvent(
      [&](Timestamp, std::string_view, std::string_view json) { return file->Append(json); }));
  return file->Finish();
}

// Files (.gz too) as Injection reads them. A broken record is an error with its place.
std::vector<LineFile> LineFiles(const std::vector<std::string>& paths);

// The process's variables, but with this budget and, unless empty, these tables for the shipped
// configuration.
Environment TrialEnvironment(const std::string& tables, const std::string& budget);

struct Trial {
  ReplayResult replay;
  Judgement judgement;
};

// `events` are canonical and become the only source of `config`; its events have one partition: a
// few thousand people are one community.
Result<Trial> RunTrial(EngineConfig config, const std::string& events,
                       std::span<const Label> labels, const ReplayOptions& options);

}  // namespace bongsu
