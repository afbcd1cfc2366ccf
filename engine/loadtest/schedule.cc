#include "engine/loadtest/schedule.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "engine/base/strings.h"

namespace bongsu::loadtest {
namespace {

constexpr double kMicros = 1e6;

double Seconds(int64_t micros) {
  return static_cast<double>(micros) / kMicros;
}

}  // namespace

Result<Spike> ParseSpike(std::string_view text) {
  const Status wrong = Status::Invalid(
      StrCat("expected a factor, when and, unless 5s, for how long, such as 3x@30s or 3x@30s+10s, "
             "got \"",
             text, '"'));
  Spike spike;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), spike.factor);
  const std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  if (error != std::errc() || !rest.starts_with("x@") || !(spike.factor > 0)) return wrong;
  const size_t plus = rest.find('+');
  const Result<Duration> at = ParseDuration(rest.substr(2, plus - std::min<size_t>(plus, 2)));
  if (!at.ok()) return wrong;
  spike.at = *at;
  if (plus == std::string_view::npos) return spike;
  const Result<Duration> length = ParseDuration(rest.substr(plus + 1));
  if (!length.ok() || length->count() == 0) return wrong;
  spike.length = *length;
  return spike;
}

double Schedule::Piece::Upto(double seconds) const {
  const double length = Seconds(to - from);
  return before + rate_from * seconds + (rate_to - rate_from) / (2 * length) * seconds * seconds;
}

void Schedule::Append(int64_t length, double rate_from, double rate_to) {
  if (length <= 0) return;
  const double before =
      pieces_.empty() ? 0 : pieces_.back().Upto(Seconds(pieces_.back().to - pieces_.back().from));
  pieces_.push_back({end_, end_ + length, rate_from, rate_to, before});
  end_ += length;
}

Result<Schedule> Schedule::Make(const Profile& profile, double max_rate) {
  Schedule schedule;
  const std::vector<double> rates =
      profile.steps.empty() ? std::vector<double>{profile.target} : profile.steps;
  for (const double rate : rates) {
    if (!(rate > 0)) return Status::Invalid(StrCat("expected a rate above 0, got ", rate));
  }
  if (profile.measured.count() <= 0) return Status::Invalid("expected a measured time above 0s");
  schedule.Append(profile.ramp.count(), 0, rates.front());
  schedule.Append(profile.warmup.count(), rates.front(), rates.front());
  const int64_t begin = schedule.measured_from_ = schedule.end_;
  const int64_t length = profile.measured.count(), count = static_cast<int64_t>(rates.size());
  std::set<int64_t> cuts = {length};
  for (int64_t i = 0; i < count; ++i) {
    schedule.steps_.push_back({begin + length * i / count, begin + length * (i + 1) / count,
                               rates[static_cast<size_t>(i)]});
    cuts.insert(length * (i + 1) / count);
  }
  for (const Spike& spike : profile.spikes) {
    if (spike.at.count() >= length) {
      return Status::Invalid(StrCat("a spike at ", FormatDuration(spike.at), " begins after the ",
                                    FormatDuration(profile.measured), " that are measured"));
    }
    cuts.insert(spike.at.count());
    cuts.insert(std::min(length, (spike.at + spike.length).count()));
  }
  int64_t from = 0;
  for (const int64_t cut : cuts) {
    double rate = rates[static_cast<size_t>(std::min(from * count / length, count - 1))];
    for (const Spike& spike : profile.spikes) {
      if (from >= spike.at.count() && from < (spike.at + spike.length).count())
        rate *= spike.factor;
    }
    schedule.Append(cut - from, rate, rate);
    from = cut;
  }
  for (const Piece& piece : schedule.pieces_) {
    const double most = std::max(piece.rate_from, piece.rate_to);
    if (most <= max_rate) continue;
    return Status::Invalid(StrCat("the load would reach ", std::round(most),
                                  " events/s, above the bound of ", std::round(max_rate),
                                  "; lower it, or raise --max-rate"));
  }
  schedule.total_ = schedule.CountBefore(schedule.end_);
  return schedule;
}

const Schedule::Piece* Schedule::PieceAt(int64_t at) const {
  const auto it = std::upper_bound(pieces_.begin(), pieces_.end(), at,
                                   [](int64_t t, const Piece& piece) { return t < piece.to; });
  return it == pieces_.end() || at < it->from ? nullptr : &*it;
}

double Schedule::RateAt(int64_t at) const {
  const Piece* const piece = PieceAt(at);
  if (piece == nullptr) return 0;
  const double part = Seconds(at - piece->from) / Seconds(piece->to - piece->from);
  return piece->rate_from + (piece->rate_to - piece->rate_from) * part;
}

int64_t Schedule::CountBefore(int64_t at) const {
  if (at <= 0) return 0;
  const int64_t within = std::min(at, end_);
  const Piece* const piece = within == end_ ? &pieces_.back() : PieceAt(within);
  // Event i is due when i have passed: an event at this very moment is not before it.
  return static_cast<int64_t>(std::ceil(piece->Upto(Seconds(within - piece->from)) - 1e-6));
}

int64_t Schedule::DueOf(int64_t i) const {
  const auto number = static_cast<double>(i);
  auto it = std::upper_bound(pieces_.begin(), pieces_.end(), number,
                             [](double n, const Piece& piece) { return n < piece.before; });
  const Piece& piece = *std::prev(it);
  const double length = Seconds(piece.to - piece.from), left = number - piece.before;
  const double slope = (piece.rate_to - piece.rate_from) / length;
  // left = rate·x + slope/2·x², in the form that loses nothing where the slope is small.
  const double root =
      std::sqrt(std::max(piece.rate_from * piece.rate_from + 2 * slope * left, 0.0));
  const double x = left <= 0 ? 0 : 2 * left / (piece.rate_from + root);
  return piece.from + static_cast<int64_t>(std::min(x, length) * kMicros);
}

}  // namespace bongsu::loadtest
