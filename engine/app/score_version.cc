#include "engine/app/score_version.h"

#include <algorithm>
#include <utility>

#include "engine/alerting/ocsf.h"
#include "engine/alerting/receipt.h"
#include "engine/base/strings.h"
#include "engine/decode/canonical.h"

namespace bongsu {

Result<ScoreParts> MakeScoreParts(const EngineConfig& config, bool receipts,
                                  const std::string& release) {
  PipelineSchema schema;
  std::vector<std::unique_ptr<Operator>> operators;
  BONGSU_RETURN_IF_ERROR(BuildPipeline(config, &schema, &operators));
  std::vector<PipelineStep> steps;
  for (size_t i = 0; i < operators.size(); ++i) {
    const OperatorSpec& spec = *config.pipeline[i].spec;
    const auto same = std::count_if(steps.begin(), steps.end(), [&](const PipelineStep& s) {
      return s.name == spec.name || s.name.starts_with(spec.name + "#");
    });
    steps.push_back({same == 0 ? spec.name : StrCat(spec.name, "#", same + 1), spec.stage,
                     std::move(operators[i])});
  }
  OcsfOptions ocsf;
  ocsf.tenant = config.tenant;
  ocsf.product_version = release;
  ocsf.config_digest = config.config_digest;
  ocsf.features = schema.features();
  for (const std::string& detector : schema.detectors()) {
    ocsf.detectors.push_back({detector, "1", AnalyticKind::kBehavioral, {}});
  }
  for (const PipelineSchema::ModelEntry& model : schema.models()) {
    ocsf.models.push_back({model.name, "1", config.config_digest.substr(0, 16)});
  }
  ScoreParts parts;
  parts.pipeline = std::make_unique<Pipeline>(std::move(schema), std::move(steps));
  parts.decoder =
      std::make_unique<CanonicalEventDecoder>(config.limits, parts.pipeline->schema().fields);
  parts.encoder = std::make_unique<OcsfEncoder>(std::move(ocsf));
  if (receipts) {
    parts.receipts =
        MakeReceiptEncoder({config.tenant, release, config.config_digest, config.kafka.partitions});
  }
  return parts;
}

Result<ScoreVersion> MakeScoreVersion(std::shared_ptr<const EngineConfig> config, bool receipts) {
  ScoreVersion version;
  version.digest = config->config_digest;
  BONGSU_ASSIGN_OR_RETURN(version.parts, MakeScoreParts(*config, receipts));
  version.dedup_window = static_cast<size_t>(config->score.dedup_window);
  version.timings = config->timings;
  version.keep = std::move(config);
  return version;
}

}  // namespace bongsu
