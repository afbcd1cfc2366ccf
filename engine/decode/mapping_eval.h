// Runs the fields of a compiled mapping over one record. Texts it makes live until the next Begin.
// One object a thread.
#pragma once

#include <deque>
#include <string>

#include "engine/decode/mapping_program.h"

namespace bongsu {

class MappingEvaluator final {
 public:
  explicit MappingEvaluator(MappingProgram* program) : program_(*program) {}

  // Looks the record over; what follows speaks of it.
  void Begin(JsonValue record);
  bool Matches() const;  // The mapping's `when`.
  // The value of a field; false when it could not be converted and the mapping rejects that.
  bool Evaluate(MappingExpr& expr, MappedValue* out);
  uint32_t members() const { return program_.paths.members(); }
  uint32_t mapped() const { return program_.paths.mapped(); }

 private:
  bool Source(MappingExpr& expr, MappedValue* out);
  void ReadPath(const MappingExpr& expr, MappedValue* out);
  void Transform(const MappingExpr& expr, MappedValue* value);
  bool Convert(MappingExpr& expr, MappedValue* value);
  bool ConvertTime(MappingExpr& expr, MappedValue* value);
  std::string* NewText();
  std::string_view TextOf(const MappedValue& value);

  MappingProgram& program_;
  std::deque<std::string> texts_;  // Grows, and is used again for the next record.
  size_t used_ = 0;
};

}  // namespace bongsu
