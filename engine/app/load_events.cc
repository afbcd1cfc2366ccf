#include "engine/app/load_events.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/generate/bank.h"

namespace bongsu {
namespace {

constexpr int64_t kBankPeople = 20'000;  // More are these again, under other names.
constexpr size_t kPool = 100'000;        // Events; about 30 MB.
constexpr int64_t kEventsOfADay = 19;    // Of a person, about.
constexpr std::string_view kIdMark = "\"event_id\":\"load-";
constexpr size_t kDueDigits = 16;

double UnitOf(uint64_t number) {
  return static_cast<double>(Mix64(number) >> 11) * 0x1p-53;
}

}  // namespace

Result<LoadEvents> LoadEvents::Make(const LoadEventsOptions& options) {
  LoadEvents events(options);
  BONGSU_RETURN_IF_ERROR(events.FillPool());
  return events;
}

Status LoadEvents::FillPool() {
  BankOptions bank_options;
  bank_options.people = bank_people_ = std::min(options_.people, kBankPeople);
  bank_options.days = 1;
  bank_options.seed = options_.seed;
  bank_options.insiders_of_a_kind = 0;
  bank_options.oddities = false;
  BONGSU_ASSIGN_OR_RETURN(const Bank bank, Bank::Make(bank_options));
  const int64_t stride =
      std::max<int64_t>(1, bank_people_ * kEventsOfADay / static_cast<int64_t>(kPool));
  int64_t seen = 0;
  return bank.ForEachEvent([&](Timestamp, std::string_view user, std::string_view json) {
    if (seen++ % stride != 0 || ends_.size() >= kPool) return Status::Ok();
    const std::string member = StrCat("\"user_id\":\"", user, '"');
    const size_t at = json.find(member);
    int64_t person = 0;
    const auto parsed = std::from_chars(user.data() + 1, user.data() + user.size(), person);
    if (at == std::string_view::npos || parsed.ec != std::errc()) {
      return Status::Internal(StrCat("loadtest: the bank made an event of another form: ", json));
    }
    tails_.append(json.substr(at + member.size()));
    ends_.push_back(tails_.size());
    people_.push_back(person);
    return Status::Ok();
  });
}

LoadEvents::Event LoadEvents::Stamp(int64_t number, int64_t due) {
  const auto draw = static_cast<uint64_t>(number) * 2 + options_.seed * 0x9E3779B97F4A7C15ull;
  const auto pool = static_cast<int64_t>(ends_.size());
  const auto slot = static_cast<size_t>(number % pool);
  const int64_t round = number / pool;
  int64_t person = (people_[slot] + round * bank_people_) % options_.people;
  if (UnitOf(draw) < options_.hot_share) person = 0;
  const bool bad = UnitOf(draw + 1) < options_.bad_share;
  char text[128];
  user_.assign(text, static_cast<size_t>(std::snprintf(text, sizeof(text), "loadtest-%07lld",
                                                       static_cast<long long>(person))));
  const int head =
      std::snprintf(text, sizeof(text), "{\"event_id\":\"load-%016llx-%012llx\",\"time\":%lld",
                    static_cast<unsigned long long>(due), static_cast<unsigned long long>(number),
                    static_cast<long long>(due / 1000));
  json_.assign(text, static_cast<size_t>(head));
  if (!bad) json_.append(",\"user_id\":\"").append(user_).push_back('"');
  const size_t begin = slot == 0 ? 0 : ends_[slot - 1];
  json_.append(tails_, begin, ends_[slot] - begin);
  return {user_, json_, bad};
}

std::optional<int64_t> DueIn(std::string_view record) {
  std::optional<int64_t> latest;
  for (size_t at = record.find(kIdMark); at != std::string_view::npos;
       at = record.find(kIdMark, at + 1)) {
    const std::string_view digits = record.substr(at + kIdMark.size(), kDueDigits);
    int64_t due = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), due, 16);
    if (error == std::errc() && end == digits.data() + kDueDigits) {
      latest = std::max(latest.value_or(due), due);
    }
  }
  return latest;
}

}  // namespace bongsu
