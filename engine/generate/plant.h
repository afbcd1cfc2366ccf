// Plants insiders: from the habits of an ordinary person, the events of one who does something
// wrong besides. The same code serves the generated bank and logs of yours; all it sees of either
// is Habits. One thread, once at start; deterministic.
//
// Six kinds, and what `effect` multiplies. A "busy day" is the 90th percentile over the person's
// days before the plant, counting those that have any of it; a "usual day" is the median.
//
//   off_hours_export     one night, in the middle of the hours when the person never works. The
//                        rows exported (bytes in a log without rows) are effect × those that the
//                        person takes (EXPORT, DOWNLOAD) on a busy day.
//   slow_collection      on each of up to 15 days of work a few resources that the person never
//                        touched are viewed and downloaded, a bit more each day, always fewer than
//                        the person touches on a busy day. Altogether effect × the new resources
//                        (at least half a one a day) that the person meets in as many days.
//   stolen_credentials   failed logins, then a login, from a new device in a new country while the
//                        person works at home. The actions after it are effect × all events of a
//                        usual day.
//   snooping             on one day, resources of other departments that the person never touched:
//                        effect × the foreign ones of a busy day (at least 2). A quarter is denied.
//   privilege_abuse      on one day, again and again VIEW, UPDATE, DELETE on the same few sensitive
//                        resources within minutes, with a GRANT before each third time: effect ×
//                        the UPDATEs, DELETEs and GRANTs of a busy day (at least 3).
//   mass_download        on each of the last three days of work, effect × the EXPORTs and DOWNLOADs
//                        of a busy day (at least 2) as DOWNLOADs of different resources, with as
//                        many rows each as is usual. Then the person leaves.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/generate/habits.h"
#include "engine/generate/labels.h"

namespace bongsu {

enum class InsiderKind {
  kOffHoursExport,
  kSlowCollection,
  kStolenCredentials,
  kSnooping,
  kPrivilegeAbuse,
  kMassDownload
};
inline constexpr std::array<std::string_view, 6> kInsiderKinds = {
    "off_hours_export", "slow_collection", "stolen_credentials",
    "snooping",         "privilege_abuse", "mass_download"};

struct PlantOptions {
  int insiders_of_a_kind = 2;
  std::vector<double> effects = {1.2, 2, 3, 5, 10};  // Cycled over all insiders.
  uint64_t seed = 1;
};
// kInvalid, in the words of the command line.
Status CheckPlantOptions(const PlantOptions& options);

// Where plants may stand: local days [first_day, end_day) since 1970, before `end`.
struct PlantWindow {
  int32_t first_day = 0, end_day = 0;
  Timestamp end;
};

struct PlantedEvent {
  Timestamp time;
  std::string user, tail;  // AppendTail.
  bool operator<(const PlantedEvent& other) const {
    return time != other.time ? time < other.time : user < other.user;
  }
};

struct Plant {
  Label label;
  std::vector<PlantedEvent> events;  // In order of time.
};

// kNotFound, with the reason, when the habits do not suit the kind.
Result<Plant> MakePlant(InsiderKind kind, double effect, const Habits& habits,
                        const PlantWindow& window, uint64_t seed);

struct Planting {
  std::vector<Plant> plants;
  std::vector<std::string> missing;  // "snooping: why there is none (or one fewer)".
};

// As many of each kind as `options` wants, each on another person. `next` gives people to look at
// until it has no more.
Planting PlantInsiders(const PlantOptions& options, std::span<const InsiderKind> kinds,
                       const PlantWindow& window,
                       const std::function<std::optional<Habits>()>& next);

// Labels and events of all plants, the events in order of time.
void Collect(Planting&& planting, std::vector<Label>* labels, std::vector<PlantedEvent>* events);

}  // namespace bongsu
