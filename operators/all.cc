#include "operators/all.h"

#include "operators/decide/decide.h"
#include "operators/detect/ecod.h"
#include "operators/detect/half_space_trees.h"
#include "operators/enrich/calendar.h"
#include "operators/enrich/people.h"
#include "operators/enrich/resources.h"
#include "operators/profile/count.h"
#include "operators/profile/distinct.h"
#include "operators/profile/first_seen.h"
#include "operators/profile/max.h"
#include "operators/profile/mean.h"
#include "operators/profile/rarity.h"
#include "operators/profile/ratio.h"
#include "operators/profile/sum.h"
#include "operators/profile/time_since.h"
#include "operators/profile/zscore.h"
#include "operators/score/risk.h"

namespace bongsu {

const std::vector<OperatorSpec>& AllOperators() {
  static const std::vector<OperatorSpec> operators = {
      // enrich
      PeopleSpec(),
      CalendarSpec(),
      ResourcesSpec(),
      // profile
      CountSpec(),
      SumSpec(),
      MeanSpec(),
      MaxSpec(),
      RatioSpec(),
      DistinctSpec(),
      TimeSinceSpec(),
      FirstSeenSpec(),
      RaritySpec(),
      ZScoreSpec(),
      // detect, score, decide
      HalfSpaceTreesSpec(),
      EcodSpec(),
      RiskSpec(),
      DecideSpec(),
  };
  return operators;
}

}  // namespace bongsu
