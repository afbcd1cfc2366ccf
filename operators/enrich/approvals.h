// Approved overtime and leave: from when to when which person may work, or is away. Read from a CSV
// file `user_id,kind,from,to` while a pipeline is built; then it never changes, all shards share it
// and the calendar asks it for each event (one hash look-up and two binary searches).
//
//   kim,overtime,2026-03-02T18:00,2026-03-02T22:00
//   lee,leave,2026-03-02T00:00,2026-03-05T00:00
//
// Times are on the wall clock of the person's calendar; the first minute belongs to it, the last
// does not. Periods may overlap.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/fields.h"
#include "operators/enrich/csv_file.h"
#include "operators/enrich/string_pool.h"

namespace bongsu {

class Approvals final {
 public:
  // Null, with the problems by file and line, when the file cannot be used.
  static std::shared_ptr<const Approvals> Load(const Located<std::string>& file,
                                               const TableFolder& folder, Problems* problems);

  struct Approved {
    bool overtime = false;
    bool leave = false;
  };
  // At `local` seconds (local_time.h).
  Approved At(std::string_view user, int64_t local) const;

 private:
  enum Kind : size_t { kOvertime, kLeave, kKinds };
  struct Period {
    int64_t from, to;  // [from, to)
  };
  struct Periods {
    std::vector<uint32_t> first;  // By user; one more at the end.
    std::vector<Period> all;      // By user, then by time; those of a user do not touch.
    bool Cover(uint32_t user, int64_t local) const;
  };
  struct Row {
    uint32_t user;
    Period period;
  };
  static Periods Merge(std::vector<Row> rows, size_t users);

  StringPool users_;
  std::array<Periods, kKinds> periods_;
};

}  // namespace bongsu
