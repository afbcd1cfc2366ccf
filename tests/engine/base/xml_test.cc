#include "engine/base/xml.h"

#include <catch2/catch.hpp>

namespace bongsu {

TEST_CASE("any text becomes one that XML allows, in elements and quoted attributes") {
  CHECK(EscapeXml("a<b> & \"c\"") == "a&lt;b&gt; &amp; &quot;c&quot;");
  CHECK(EscapeXml("점수 \x01\x7F") == "점수 ??");
  CHECK(EscapeXml("cut \xEC\xA0") == "cut ??");
}

}  // namespace bongsu
