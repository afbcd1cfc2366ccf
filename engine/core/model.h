// A pure online algorithm over a vector. Higher is stranger, always. Owned by one shard, one
// thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace bongsu {

class Model {
 public:
  virtual ~Model() = default;
  // In [0, 1]; finite for every input, NaN members included (they count as not known). Does not
  // learn.
  virtual double Score(std::span<const double> x) const noexcept = 0;
  virtual void Learn(std::span<const double> x) noexcept = 0;
  // Shares of the members of `x` in Score(x): not negative, of sum 1 (or all 0 when nothing is
  // strange). `out` has the size of `x`.
  virtual void Contributions(std::span<const double> x, std::span<double> out) const noexcept = 0;
  // How much has been learned, 0 (cold) to 1 (ready): the confidence of what it says.
  virtual double Maturity() const noexcept = 0;
  // A deterministic snapshot; Load of it continues identically. Learn calls after it are the redo
  // log.
  virtual std::string Save() const = 0;
  // As little of it as another model needs to say the same of any `x` until either learns: what it
  // has gathered and does not use yet need not be there, so that this changes less often.
  virtual std::string SaveOpinion() const { return Save(); }
  // kCorrupt when the bytes are not a snapshot, kInvalid when they are of another shape or
  // parameters (the model then starts cold).
  virtual Status Load(std::string_view snapshot) = 0;
};

}  // namespace bongsu
