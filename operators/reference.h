// The reference page of all operators, written from their specs: operators/README.md. A test
// compares the committed page with this text; BONGSU_REFRESH=1 in its environment writes the page
// anew.
#pragma once

#include <string>

namespace bongsu {

// Markdown. The same specs give the same bytes.
std::string OperatorReference();

}  // namespace bongsu
